"""A listing as folders in folders, each with its images and other files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from datasets.reading.listing import Listing


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder: its path from the root, the images and other files directly in it, its folders.

    ``images`` are names in the tree, ``others`` names in the folder; ``folders`` go by name, and
    empty ones are among them.
    """

    path: tuple[str, ...]
    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The path as one string; a dot for the root."""
        return "/".join(self.path) or "."

    @cached_property
    def count(self) -> int:
        """How many images are in it, at any depth."""
        return len(self.images) + sum(folder.count for folder in self.folders.values())

    @cached_property
    def other_count(self) -> int:
        """How many other files are in it, at any depth."""
        return len(self.others) + sum(folder.other_count for folder in self.folders.values())

    @cached_property
    def filled(self) -> Mapping[str, Folder]:
        """Its folders that have images, at any depth."""
        return {name: folder for name, folder in self.folders.items() if folder.count}

    def all_images(self) -> Iterator[str]:
        """Yield the names in the tree of all its images, at any depth."""
        yield from self.images
        for folder in self.folders.values():
            yield from folder.all_images()


def folder_of(listing: Listing) -> Folder:
    """Return the root folder of ``listing``, without hidden files and folders."""
    root = Folder(path=())
    for path in listing.tree.folders:
        _at(root, path.split("/"))
    for name in listing.images:
        *places, _ = name.split("/")
        _at(root, places).images.append(name)
    for other in listing.others:
        *places, file = other.path.split("/")
        if not any(part.startswith(".") for part in (*places, file)):
            _at(root, places).others.append(file)
    return root


def names_below(folders: Iterable[Folder]) -> set[str]:
    """Return the names of the folders with images that are directly in one of ``folders``."""
    return {name for folder in folders for name in folder.filled}


def _at(root: Folder, places: list[str]) -> Folder:
    folder = root
    for depth, place in enumerate(places, start=1):
        if place not in folder.folders:
            folder.folders[place] = Folder(path=tuple(places[:depth]))
        folder = folder.folders[place]
    return folder
