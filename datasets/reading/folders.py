"""Folders on disk: every file below one, through links too."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from datasets.files import SPECIAL

NOT_THERE = "a link to what is not there"
LOOP = "a link to a folder that it lies in, or to itself"
MOST_LINKS = 100
"""Links to one folder that are followed in one tree; links within links can double without end."""
Kind = Literal["file", "folder", "unreadable", "loop"]
_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Item:
    """What lies below a folder: its name there, what it is, and where on disk.

    ``reason`` says why an ``unreadable`` one cannot be opened, and what a ``loop`` is.
    """

    name: str
    kind: Kind
    path: Path
    reason: str = ""


def walk(folder: Path) -> Iterator[Item]:
    """Yield every file and folder below ``folder``. Links are followed, wherever they lead.

    A link to a folder that is being walked is a ``loop`` and not entered again. A link to nothing,
    a folder that cannot be listed, and what is neither file nor folder is ``unreadable``. Raises
    ``OSError`` where more than `MOST_LINKS` links lead to one folder.
    """
    return _walk(folder, "", (_identity(folder),), Counter())


def count_link(reached: Counter[Any], place: Any, name: str) -> None:
    """Count the link ``name`` to the folder ``place``; raises ``OSError`` beyond `MOST_LINKS`."""
    reached[place] += 1
    if reached[place] > MOST_LINKS:
        raise OSError(
            f"more than {MOST_LINKS} links lead to one folder, the last is {name}; "
            "give its images once"
        )


def _walk(
    folder: Path, inside: str, above: tuple[_Identity, ...], reached: Counter[_Identity]
) -> Iterator[Item]:
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        yield Item(inside.rstrip("/") or ".", "unreadable", folder, _said(error))
        return
    for entry in entries:
        item = _item(entry, inside + _as_utf8(entry.name), above)
        yield item
        if item.kind == "folder":
            identity = _identity(item.path)
            if entry.is_symlink():
                count_link(reached, identity, item.name)
            yield from _walk(item.path, f"{item.name}/", (*above, identity), reached)


def _item(entry: os.DirEntry[str], name: str, above: tuple[_Identity, ...]) -> Item:
    path = Path(entry.path)
    try:
        if entry.is_dir():
            looped = entry.is_symlink() and _identity(path) in above
            return Item(name, "loop", path, LOOP) if looped else Item(name, "folder", path)
        if entry.is_file():
            return Item(name, "file", path)
        reason = NOT_THERE if entry.is_symlink() and not path.exists() else SPECIAL
    except OSError as error:
        reason = LOOP if entry.is_symlink() else _said(error)
    return Item(name, "unreadable", path, reason)


def _as_utf8(name: str) -> str:
    """Return a name as UTF-8 tells it, whatever encoding the user's locale has."""
    return os.fsencode(name).decode("utf-8", "surrogateescape")


def _identity(folder: Path) -> _Identity:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _said(error: OSError) -> str:
    return error.strerror or str(error)
