"""Recognition: which data set lies in a folder or archive, without decoding it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets.reading.images import header
from datasets.reading.layouts.class_folders import class_folders
from datasets.reading.layouts.layout import Entry
from datasets.reading.layouts.table import recognise_layout
from datasets.reading.listing import Listing, list_images
from datasets.reading.trees import Tree, open_tree
from datasets.records import DataError, SplitError
from datasets.registry import Decoded, Source

GENERAL = "image-folder"
"""The data set that any tree is whose layout is understood."""
SAMPLE = 200


@dataclass(frozen=True)
class FolderLook:
    """What a glance at a tree shows.

    ``class_names``: sorted, those of class folders where no layout is understood. ``images``: how
    many files look like images of them; ``sizes``: (height, width) of up to 200 of them, evenly
    chosen. ``subjects`` tells whether it is known who is on them. ``refusal`` says why no layout
    is understood, ``""`` where one is.
    """

    class_names: tuple[str, ...] = ()
    images: int = 0
    sizes: tuple[tuple[int, int], ...] = ()
    subjects: bool = False
    refusal: str = ""


def look(path: Path) -> FolderLook:
    """Look at the images in a folder or archive; raises ``DataError`` where it cannot be read."""
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; give the place of your images")
    with open_tree(path) as tree:
        listing = list_images(tree)
        try:
            layout = recognise_layout(listing)
        except DataError as error:
            return FolderLook(_class_folders(listing), refusal=str(error))
        step = max(1, len(layout.entries) // SAMPLE)
        sizes = [_size(tree, entry) for entry in layout.entries[::step]]
    found = tuple(size for size in sizes if size)
    subjects = any(entry.subject for entry in layout.entries)
    return FolderLook(layout.class_names, len(layout.entries), found, subjects)


def recognise(path: Path, seen: FolderLook, sources: Mapping[str, Source]) -> list[Source]:
    """Return what ``path`` can be read as, likeliest first; raises ``DataError`` for nothing.

    ``seen`` is what `look` saw there.

    A published data set comes before any folder of images, unless its images would have another
    size than those at hand, or subjects, or nothing but the names of classes speaks for it: then
    they are somebody's own, in folders of the same names. Folders for some of its classes only
    are not that data set. One whose given split cannot be taken (``SplitError``) is not read as
    anything else.
    """
    readings: dict[str, Decoded] = {}
    refusals: dict[str, str] = {}
    for name, source in sources.items():
        if source.needs_path and name != GENERAL:
            try:
                reading = source.read(path, source.options)
            except SplitError:
                raise
            except DataError as error:
                refusals[name] = str(error)
                continue
            if not 0 < len(seen.class_names) < len(reading.class_names):
                readings[name] = reading
    general = [] if seen.refusal else [GENERAL]
    likely = [name for name, reading in readings.items() if _is_likely(reading, seen)]
    unlikely = [name for name in readings if name not in likely]
    found = [sources[name] for name in (*likely, *general, *unlikely)]
    if not found:
        raise DataError(_as_table(path, refusals) or f"{path}: {seen.refusal}")
    return found


def _is_likely(reading: Decoded, seen: FolderLook) -> bool:
    if not seen.sizes:
        return True
    return reading.image_shape[:2] in seen.sizes and not seen.subjects and reading.likely()


def _class_folders(listing: Listing) -> tuple[str, ...]:
    try:
        return class_folders(listing).class_names
    except DataError:
        return ()


def _size(tree: Tree, entry: Entry) -> tuple[int, int] | None:
    try:
        return header(tree.read(entry.name), entry.name)[0]
    except DataError:
        return None


def _as_table(path: Path, refusals: Mapping[str, str]) -> str:
    """Say why the readers of tables refused a file, since that is what the file was meant as."""
    if path.suffix.lower() != ".csv":
        return ""
    return "; ".join(f"{name}: {reason}" for name, reason in refusals.items())
