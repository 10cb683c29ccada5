"""Which files of a tree are images, and which are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datasets.reading.names import is_system, service_of
from datasets.reading.signatures import LENGTH, SUFFIXES, described, image_format
from datasets.reading.trees import Tree
from datasets.records import LeftOut, UnreadableFile

APPLE_DOUBLE = b"\x00\x05\x16\x07"
"""Begins the files in which macOS keeps the attributes of others, ``._NAME``."""
DOTTED = "hidden: its name, or a folder's, begins with a dot"


@dataclass(frozen=True)
class Listing:
    """The files of ``tree``: ``images`` by name, sorted, and the ``others``, each with a reason."""

    tree: Tree
    images: tuple[str, ...]
    others: tuple[LeftOut, ...]


def list_images(tree: Tree) -> Listing:
    """Part the files of ``tree`` into images and others.

    A file with the suffix of an image is taken for one, and decoding decides; of any other the
    first bytes tell. Hidden images are left out as ``unused``. Hidden files that are no images,
    and what operating systems leave beside files, are not told of.
    """
    images: list[str] = []
    others: list[LeftOut] = [*tree.left_out, *_hidden_images(tree)]
    for name in tree.names:
        found = None if name.lower().endswith(SUFFIXES) else _other(tree, name)
        if found is None:
            images.append(name)
        else:
            others.append(found)
    return Listing(tree, tuple(images), tuple(others))


def _other(tree: Tree, name: str) -> LeftOut | None:
    """Return why a file is no image, or ``None`` where it begins as one."""
    try:
        start = _start(tree, name)
    except UnreadableFile as error:
        return LeftOut(path=name, kind="unreadable", reason=error.reason)
    if image_format(start):
        return None
    reason = described(start).partition(":")[0]
    return LeftOut(path=name, kind="no image", reason=reason)


def _hidden_images(tree: Tree) -> Iterator[LeftOut]:
    for name in tree.hidden:
        if is_system(name) or not name.lower().endswith(SUFFIXES):
            continue
        try:
            start = _start(tree, name)
        except UnreadableFile as error:
            yield LeftOut(path=name, kind="unreadable", reason=error.reason)
            continue
        if not start.startswith(APPLE_DOUBLE):
            service = service_of(name)
            reason = f"in {service}, a system's own folder" if service else DOTTED
            yield LeftOut(path=name, kind="unused", reason=reason)


def _start(tree: Tree, name: str) -> bytes:
    with tree.opened(name) as file:
        return file.read(LENGTH)
