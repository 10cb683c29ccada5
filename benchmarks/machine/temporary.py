"""Temporary folders: each goes with its owner, or at the next start if that was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

PREFIX = "ferbench-"
LOCK = ".owner"
"""The file in a folder that its owner's process holds locked for as long as it lives."""


class TemporaryFolder:
    """A folder in the system's temporary one; ``path`` is there until `close`.

    What killed owners of this user left is removed first.
    """

    def __init__(self) -> None:
        remove_abandoned()
        made, self._handle = _begun()
        self.path = made.rename(made.with_name(made.name.removeprefix(".")))

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        with suppress(OSError):
            _remove(self.path)
        os.close(self._handle)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a `TemporaryFolder` for as long as the block lasts."""
    with closing(TemporaryFolder()) as folder:
        yield folder.path


def remove_abandoned() -> None:
    """Remove this user's folders whose owner's process is gone; no other's, and none in use."""
    temporary = Path(tempfile.gettempdir())
    for folder in (*temporary.glob(f"{PREFIX}*"), *temporary.glob(f".{PREFIX}*")):
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
                _remove_if_abandoned(folder)


def _begun() -> tuple[Path, int]:
    """Make a folder and lock it; its name begins with a point until it is."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))
        try:
            handle = os.open(made / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        except FileNotFoundError:  # another process took it for abandoned
            continue
        with suppress(OSError):  # a file system without locks, where nothing is ever abandoned
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return made, handle
        os.close(handle)


def _remove_if_abandoned(folder: Path) -> None:
    """Raises ``OSError`` where it is in use, or none of ours."""
    if folder.name.startswith(".") and not (folder / LOCK).exists():
        folder.rmdir()  # its owner was killed before it had locked it; it is empty
        return
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(folder)
    finally:
        os.close(handle)


def _remove(folder: Path) -> None:
    """Remove ``folder``, `LOCK` last: a process that is killed here leaves one that is known."""
    hidden = folder.rename(folder.with_name(f".{folder.name.removeprefix('.')}"))
    for path in hidden.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)
    shutil.rmtree(hidden, ignore_errors=True)
