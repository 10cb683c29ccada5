"""Files: those that are there whole or not at all, those that somebody names, and digests."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from datasets.records import DataError

SPECIAL = "a pipe, socket or device, which is never opened"
"""What is said of a place that is neither a file nor a folder."""

PASSING = frozenset(
    {
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EROFS,
        errno.EMFILE,
        errno.ENFILE,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)
"""Errors of the system that say nothing of a file or a job; another moment may not have them."""

HALF = ".half"
"""How the name of what is half written ends; it begins with a point."""
LONGEST = 255
"""Bytes in the name of a file, at most."""
REPLACED = "replaced"
"""The folder, in what is half written, that holds what stood in the place until now."""


def is_half_written(name: str) -> bool:
    """Tell whether a file or folder named ``name`` is what a killed process had half written."""
    return name.startswith(".") and name.endswith(HALF)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside ``path`` that takes its place when the block ends well."""
    with _half(path, _empty_file) as temporary, naming(path):
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends well.

    What stood there steps aside until the other is in its place. An interrupt between leaves it
    to whoever writes there next, or holds the run, to put it back.
    """
    with half_folder(path) as temporary, naming(path):
        yield temporary
        temporary.chmod(0o755)
        with half_folder(path) as aside:
            if path.exists():
                (aside / REPLACED).mkdir()
                path.rename(aside / REPLACED / path.name)
            temporary.replace(path)


@contextmanager
def half_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path``, which is gone when the block ends."""
    with _half(path, tempfile.mkdtemp) as temporary:
        yield temporary


@contextmanager
def _half(path: Path, make: Callable[[str, str, Path], str]) -> Iterator[Path]:
    """Yield what ``make`` makes beside ``path``; its process holds it locked for as long.

    What killed processes left of ``path`` is removed first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beginning = f".{shortened(path.name)}."
    beside = [each for each in path.parent.iterdir() if each.name.startswith(beginning)]
    _remove_abandoned(each for each in beside if is_half_written(each.name))
    temporary, handle = _locked(lambda: Path(make(HALF, beginning, path.parent)))
    try:
        yield temporary
    finally:
        _remove(temporary)
        os.close(handle)


def remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left half written anywhere below ``folder``."""
    _remove_abandoned([*folder.rglob(f".*{HALF}")])


def _remove_abandoned(places: Iterable[Path]) -> None:
    for place in places:
        with suppress(OSError):
            _remove_if_abandoned(place)


def shortened(name: str) -> str:
    """Return what fits of ``name`` into the name of a file beside that has 20 bytes more."""
    return os.fsencode(name)[: LONGEST - 20].decode("utf-8", "ignore")


def _empty_file(suffix: str, prefix: str, folder: Path) -> str:
    handle, name = tempfile.mkstemp(suffix, prefix, folder)
    os.close(handle)
    return name


def _locked(make: Callable[[], Path]) -> tuple[Path, int]:
    """Make a place and lock it, once more if another process took it for abandoned between."""
    while True:
        made = make()
        try:
            handle = os.open(made, os.O_RDONLY)
        except FileNotFoundError:
            continue
        with suppress(OSError):  # a file system without locks, where nothing is ever abandoned
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return made, handle
        os.close(handle)


def _remove_if_abandoned(place: Path) -> None:
    """Raises ``OSError`` where the process that made it holds it."""
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(place)
    finally:
        os.close(handle)


def _remove(place: Path) -> None:
    if place.is_dir():
        _put_back(place)
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


def _put_back(aside: Path) -> None:
    """Return what stepped aside into the half-written folder ``aside``, if nothing came instead."""
    for old in (aside / REPLACED).glob("*"):
        place = aside.parent / old.name
        if not place.exists():
            old.rename(place)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name ``path`` in an error of the disk that names no place, or what is half written."""
    try:
        yield
    except OSError as error:
        named = str(error.filename or "")
        if error.errno and (not named or is_half_written(Path(named).name)):
            error.filename, error.filename2 = str(path), None
        raise


def code_files(folder: Path) -> list[Path]:
    """Return every file under ``folder``, sorted, but what Python has compiled."""
    found = (file for file in folder.rglob("*") if file.is_file())
    return sorted(file for file in found if "__pycache__" not in file.relative_to(folder).parts)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of the bytes of ``file``, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sha256_once(file: Path) -> str:
    """Return the SHA-256 of ``file``, reckoned once in a process as long as it stays as it is.

    A change is known by the file's number, size and times; a program can set none of them all.
    """
    status = file.stat()
    seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return _sha256(file, *seen)


@lru_cache(maxsize=4096)
def _sha256(file: Path, *seen: int) -> str:
    del seen
    return sha256_of(file)


@contextmanager
def opened_given(path: Path, most: int | None = None) -> Iterator[IO[bytes]]:
    """Open a file that somebody named, if it is an ordinary one of ``most`` bytes at most.

    Raises ``DataError``, without having waited for a pipe or touched a device.
    """
    try:
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except OSError as error:
        special = path.exists() and not path.is_file() and not path.is_dir()
        reason = SPECIAL if special else error.strerror
        raise DataError(f"{path}: cannot be read: {reason}") from error
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path}: cannot be read: {SPECIAL}")
        if most is not None and status.st_size > most:
            raise DataError(f"{path}: cannot be read: larger than {most >> 20} MiB")
        yield file


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def require_given(path: Path, most: int) -> None:
    """Raise ``DataError`` for a place that `opened_given` would not open."""
    with opened_given(path, most):
        pass


def read_given(path: Path, most: int) -> bytes:
    """Return the bytes of a file that somebody named; raises as `opened_given` does."""
    with opened_given(path, most) as file:
        return file.read(most)
