"""Which files of a tree are images, and which are not."""

from __future__ import annotations

from dataclasses import dataclass

from datasets.reading.images import SUFFIXES
from datasets.reading.trees import Tree
from datasets.records import LeftOut


@dataclass(frozen=True)
class Listing:
    """The files of ``tree``: ``images`` by name, sorted, and the ``others``, each with a reason."""

    tree: Tree
    images: tuple[str, ...]
    others: tuple[LeftOut, ...]


def list_images(tree: Tree) -> Listing:
    """Part the files of ``tree`` into images and others."""
    images = tuple(name for name in tree.names if name.lower().endswith(SUFFIXES))
    known = set(images)
    others = (
        LeftOut(path=name, kind="no image", reason="no image file")
        for name in tree.names
        if name not in known
    )
    return Listing(tree, images, tuple(others))
