"""Recognition: which data set lies in a folder or archive, without decoding it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets.reading.images import header
from datasets.reading.layouts import Entry, class_folders
from datasets.reading.listing import list_images
from datasets.reading.trees import Tree, open_tree
from datasets.records import DataError
from datasets.registry import Source

GENERAL = "image-folder"
"""The data set that any class-per-folder tree is."""
SAMPLE = 200


@dataclass(frozen=True)
class FolderLook:
    """What a glance at a tree shows.

    ``class_folders``: their names, sorted. ``images``: how many files look like images in them;
    ``sizes``: (height, width) of up to 200 of them, evenly chosen.
    """

    class_folders: tuple[str, ...]
    images: int
    sizes: tuple[tuple[int, int], ...]

    @property
    def shorter_side(self) -> int:
        """The median of the shorter sides, in pixels; 0 without an image."""
        sides = sorted(min(size) for size in self.sizes)
        return sides[len(sides) // 2] if sides else 0


def look(path: Path) -> FolderLook:
    """Look at the class folders in a folder or archive; raises ``DataError``."""
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; give the place of your images")
    with open_tree(path) as tree:
        layout = class_folders(list_images(tree))
        step = max(1, len(layout.entries) // SAMPLE)
        sizes = [_size(tree, entry) for entry in layout.entries[::step]]
    found = tuple(size for size in sizes if size)
    return FolderLook(layout.class_folders, len(layout.entries), found)


def recognise(path: Path, seen: FolderLook, sources: Mapping[str, Source]) -> list[Source]:
    """Return what ``path`` can be read as, likeliest first; raises ``DataError`` for nothing.

    ``seen`` is what `look` saw there.

    A published data set comes before any folder of images, unless its images would have another
    size than those at hand: then they are somebody's own, in folders of the same names. Folders
    for some of its classes only are not that data set.
    """
    shapes: dict[str, tuple[int, int]] = {}
    refusals: dict[str, str] = {}
    for name, source in sources.items():
        if source.needs_path and name != GENERAL:
            try:
                reading = source.read(path, source.options)
            except DataError as error:
                refusals[name] = str(error)
                continue
            some_classes_only = set(seen.class_folders) < set(reading.class_names)
            if not (seen.class_folders and some_classes_only):
                shapes[name] = reading.image_shape[:2]
    general = [GENERAL] if len(seen.class_folders) > 1 else []
    likely = [name for name, shape in shapes.items() if not seen.sizes or shape in seen.sizes]
    unlikely = [name for name in shapes if name not in likely]
    found = [sources[name] for name in (*likely, *general, *unlikely)]
    if not found:
        raise DataError(
            f"{path}: no data set in it; give a folder or archive with a folder of images for "
            "each of two classes or more" + _as_table(path, refusals)
        )
    return found


def _size(tree: Tree, entry: Entry) -> tuple[int, int] | None:
    try:
        return header(tree.read(entry.name), entry.name)[0]
    except DataError:
        return None


def _as_table(path: Path, refusals: Mapping[str, str]) -> str:
    """Add why the readers of tables refused a file, since that is what the file was meant as."""
    if path.suffix.lower() != ".csv":
        return ""
    return "".join(f"; {name}: {reason}" for name, reason in refusals.items())
