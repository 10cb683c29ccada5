"""The names of files in a tree: separators, spelling, and which of them are hidden."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

_UNTIDY = re.compile(r"\\|//|(?:^|/)\.(?:/|$)|^/|/$|^$")
_DRIVE = re.compile(r"[A-Za-z]:")
_SYSTEM = frozenset({"__MACOSX", ".DS_Store"})
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})
_SERVICES = frozenset({"$recycle.bin", "#recycle", "@eadir", "system volume information"})


def parts_of(name: str) -> tuple[str, ...]:
    """Return the folders and the file that ``name`` is made of; ``\\`` parts them as ``/`` does.

    Empty parts and ``.`` are dropped.
    """
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def leads_out(name: str) -> bool:
    """Tell whether ``name`` begins at a root or a drive, or goes up."""
    parts = parts_of(name)
    return name[:1] in ("/", "\\") or ".." in parts or bool(parts and _DRIVE.fullmatch(parts[0]))


def is_hidden(name: str) -> bool:
    """Tell whether a part of ``name`` begins with a dot, or is the operating system's."""
    return (
        is_system(name)
        or bool(service_of(name))
        or any(part.startswith(".") for part in name.split("/"))
    )


def service_of(name: str) -> str:
    """Return the folder in ``name`` where a system keeps bins or thumbnails, ``""`` for none."""
    return next((part for part in name.split("/")[:-1] if part.lower() in _SERVICES), "")


def is_system(name: str) -> bool:
    """Tell whether an operating system or its Finder or Explorer wrote the file beside others.

    These are ``__MACOSX`` and what is in it, ``.DS_Store``, ``Thumbs.db`` and ``desktop.ini``.
    """
    parts = name.split("/")
    return not _SYSTEM.isdisjoint(parts) or parts[-1].lower() in _SYSTEM_FILES


def spelt(names: Iterable[str]) -> dict[str, str]:
    """Return by its one spelling (NFC, ``/``) what each of ``names`` is in its source.

    Two that are spelt alike both stay: the second gets a number before its suffix.
    """
    spellings = {name: _one_spelling(name) for name in names}
    found = {name: name for name, spelling in spellings.items() if name == spelling}
    for name in sorted(spellings.keys() - found.keys()):
        wanted = path = PurePosixPath(spellings[name])
        number = 1
        while str(path) in found:
            number += 1
            path = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        found[str(path)] = name
    return found


def _one_spelling(name: str) -> str:
    if name.isascii() and not _UNTIDY.search(name):
        return name
    return unicodedata.normalize("NFC", "/".join(parts_of(name)))
