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
        made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))
        self._handle = os.open(made / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        with suppress(OSError):  # a file system without locks, where nothing is ever abandoned
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        self.path = made.rename(made.with_name(made.name.removeprefix(".")))

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._handle)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a `TemporaryFolder` for as long as the block lasts."""
    with closing(TemporaryFolder()) as folder:
        yield folder.path


def remove_abandoned() -> None:
    """Remove this user's folders whose owner's process is gone; no other's, and none in use."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
                _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    """Raises ``OSError`` where it is in use, or none of ours."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
