"""Folders that are built once: beside their place, then renamed into it, by one process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def build_once(place: Path, intact: Callable[[Path], bool], build: Callable[[Path], None]) -> Path:
    """Return the folder ``place``, built by ``build(folder)`` unless it is there and ``intact``.

    A second process waits and takes what the first one built. A build that was killed, and a
    damaged folder, are thrown away and built again.
    """
    if intact(place):
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(place.with_name(f"{place.name}.lock")):
        if intact(place):
            return place
        partial = place.with_name(f"{place.name}.partial")
        for leftover in (partial, place):
            if leftover.exists():
                shutil.rmtree(leftover)
        partial.mkdir()
        build(partial)
        partial.rename(place)
    return place
