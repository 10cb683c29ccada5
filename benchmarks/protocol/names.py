"""Names of rows, and of the folders that hold their results."""

from __future__ import annotations

import re
from collections.abc import Iterable

from benchmarks.errors import InputError

LONGEST = 100
"""Letters of a row's name."""


def slug(name: str) -> str:
    """Return ``name`` as a folder name: other characters than ``A-Za-z0-9._-`` become ``-``."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)


def row_name(name: str) -> str:
    """Return ``name``, which can be that of a row; raises ``InputError`` where it cannot."""
    if not name or name != name.strip() or name.startswith(".") or not name.isprintable():
        raise InputError(
            f"a row cannot be named {name!r}; write printable characters, no point and no space "
            "at the begin"
        )
    if len(name) > LONGEST:
        raise InputError(
            f"a row's name of {len(name)} letters is too long ({name[:20]}…); {LONGEST} will do"
        )
    return name


def folded(name: str) -> str:
    """Return what two names have in common that are one folder, on any file system."""
    return slug(name).lower()


def refuse_shared(names: Iterable[str]) -> None:
    """Raise ``InputError`` where two of the ``names`` would be one folder, on any file system."""
    seen: dict[str, str] = {}
    for name in names:
        folder = folded(name)
        if folder in seen:
            other = seen[folder]
            clash = (
                f"two rows are named {name!r}"
                if other == name
                else f"{other!r} and {name!r} would share a folder"
            )
            raise InputError(f"{clash}; give one of them another name")
        seen[folder] = name
