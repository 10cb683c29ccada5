"""Folders that are built once: beside their place, then renamed into it, by one process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from datasets.cache.content import is_intact, write_record
from datasets.records import DataError


def build_entry(place: Path, build: Callable[[Path], None]) -> Path:
    """Return the cache entry ``place``, built by ``build(folder)`` unless it is there, intact.

    Each of its files has a digest, which is compared whenever it is opened (`content.is_intact`).
    """

    def recorded(folder: Path) -> None:
        build(folder)
        write_record(folder, place.name)

    return build_once(place, is_intact, recorded)


def build_once(place: Path, intact: Callable[[Path], bool], build: Callable[[Path], None]) -> Path:
    """Return the folder ``place``, built by ``build(folder)`` unless it is there and ``intact``.

    A second process waits and takes what the first one built. A build that was killed, and a
    damaged folder, are thrown away and built again, the latter with a word on standard error.
    Raises ``DataError`` where the cache cannot be written.
    """
    if intact(place):
        return place
    with unwritable_told(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f"{place.name}.lock")):
            if not intact(place):
                _build(place, build)
    return place


def tell_of_damage(place: Path, consequence: str) -> None:
    """Say on standard error that the cache entry ``place`` is damaged, and what follows."""
    print(f"ferbench: {place}: damaged, or of another version; {consequence}", file=sys.stderr)


def _build(place: Path, build: Callable[[Path], None]) -> None:
    partial = place.with_name(f"{place.name}.partial")
    if place.exists():
        tell_of_damage(place, "it is built again")
    for leftover in (partial, place):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)
    partial.mkdir()
    try:
        build(partial)
        partial.rename(place)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


@contextmanager
def unwritable_told(folder: Path) -> Iterator[None]:
    """Tell an error of the disk at ``folder`` as one of the cache, and leave others alone."""
    try:
        yield
    except OSError as error:
        named = Path(str(error.filename)) if error.filename is not None else folder
        if not named.is_relative_to(folder) and not folder.is_relative_to(named):
            raise
        raise DataError(
            f"{folder}: the cache cannot be written ({error.strerror or error}); make room, or "
            "name another folder with FERBENCH_CACHE"
        ) from error
