"""Files: those that are there whole or not at all, those that somebody names, and digests."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


def is_half_written(name: str) -> bool:
    """Tell whether a file or folder named ``name`` is what a killed process had half written."""
    return name.startswith(".") and name.endswith(HALF)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside ``path`` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(HALF, f".{path.name}.", path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(HALF, f".{path.name}.", path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


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
