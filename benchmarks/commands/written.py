"""Refuses a file that a command could not write, before it does what the file is to hold."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.errors import InputError


def require_writable(file: Path, option: str) -> None:
    """Raise ``InputError`` where ``file``, given with ``option``, cannot be written."""
    if file.is_dir():
        raise InputError(f"{file} is a folder; give {option} a file")
    place = file if file.exists() else next(each for each in file.parents if each.exists())
    if place != file and not place.is_dir():
        raise InputError(f"{place}: is no folder; give {option} another place")
    if not os.access(place, os.W_OK):
        raise InputError(f"{place}: cannot be written; give {option} another place")
