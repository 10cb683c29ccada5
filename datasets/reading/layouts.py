"""Class-per-folder trees: which image belongs to which split and class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from datasets.reading.listing import Listing
from datasets.records import LeftOut

SPLIT_FOLDERS = MappingProxyType(
    {
        "train": "train",
        "training": "train",
        "val": "validation",
        "valid": "validation",
        "validation": "validation",
        "test": "test",
        "testing": "test",
    }
)


@dataclass(frozen=True)
class Entry:
    """An image file: its name in the tree, its path below the root, its split and class folder.

    ``split`` is ``""`` where the tree has no split folders.
    """

    name: str
    path: str
    split: str
    class_folder: str


@dataclass(frozen=True)
class Layout:
    """The images of a class-per-folder tree, and those in it that stand in no class."""

    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def class_folders(self) -> tuple[str, ...]:
        """The names of the class folders, sorted."""
        return tuple(sorted({entry.class_folder for entry in self.entries}))


def class_folders(listing: Listing) -> Layout:
    """Recognise ``[train|val|test/]class/…/image`` below any number of enclosing folders.

    A tree that has no class folders gives a layout without entries.
    """
    images = [PurePosixPath(name) for name in listing.images]
    root = _root(images)
    inside = [(i, i.relative_to(root).parts) for i in images if i.is_relative_to(root)]
    split_folders = any(len(p) > 1 and p[0].lower() in SPLIT_FOLDERS for _, p in inside)
    entries, taken = [], set[PurePosixPath]()
    for image, parts in inside:
        split = SPLIT_FOLDERS.get(parts[0].lower(), "") if split_folders else ""
        below = parts[1:] if split_folders else parts
        if len(below) > 1 and bool(split) == split_folders:
            entries.append(Entry(str(image), "/".join(parts), split, below[0]))
            taken.add(image)
    left_out = (
        LeftOut(path=str(image), kind="unused", reason="outside the class folders")
        for image in images
        if image not in taken
    )
    return Layout(tuple(entries), tuple(left_out))


def _root(images: list[PurePosixPath]) -> PurePosixPath:
    """Descend through enclosing folders until split folders, or several folders, are met."""
    root = PurePosixPath()
    while True:
        inside = [i.relative_to(root).parts for i in images if i.is_relative_to(root)]
        foldered = [parts for parts in inside if len(parts) > 1]
        heads = {parts[0] for parts in foldered}
        enclosing = len(heads) == 1 and all(len(parts) > 2 for parts in foldered)
        if not enclosing or any(head.lower() in SPLIT_FOLDERS for head in heads):
            return root
        root /= heads.pop()
