"""How bad input is answered: status 2, one line that says why, and the disk left as it was."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from datasets.files import is_half_written
from tests.runs.commands import Done, ferbench_here

CACHE = "cache"
"""The folder, beside what is given, that commands may write into."""
HASHED = 1 << 24
"""Bytes of a file that is compared by its content; larger ones are compared by size."""


def listing(folder: Path) -> dict[str, str]:
    """Return each file, link and folder below ``folder`` but the cache, with what is in it."""
    return {name: _content(path) for name, path in _below(folder) if name.split("/")[0] != CACHE}


def refused(folder: Path, *arguments: object, status: int = 2) -> str:
    """Return the one line in which a command refuses ``arguments``; ``folder`` is as it was.

    What is to be known of the data may have been noted before.
    """
    done = unchanged(folder, *arguments)
    assert done.status == status, (done.out, done.err)
    *notes, line = [line for line in done.err.splitlines() if line.strip()] or [""]
    assert line.startswith("ferbench: "), done.err
    assert not any(note.startswith("ferbench: ") for note in notes), done.err
    assert not done.out.strip()
    assert len(line) < 1500 and line.isprintable()
    return line.removeprefix("ferbench: ")


def unchanged(folder: Path, *arguments: object) -> Done:
    """Return how a command ended that has shown no traceback and left ``folder`` as it was."""
    before = listing(folder)
    done = ferbench_here(*arguments, FERBENCH_CACHE=str(folder / CACHE), FERBENCH_DATA="")
    assert "Traceback" not in done.err + done.out
    after = listing(folder)
    assert after == before, sorted(after.items() ^ before.items())
    assert not [name for name, _ in _below(folder) if is_half_written(name.rsplit("/", 1)[-1])]
    return done


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        yield path.relative_to(folder).as_posix(), path


def _content(path: Path) -> str:
    status = path.lstat()
    kind = stat.filemode(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return f"{kind} to {path.readlink()}"
    if not stat.S_ISREG(status.st_mode):
        return kind
    if status.st_size > HASHED or not os.access(path, os.R_OK):
        return f"{kind} {status.st_size} {status.st_mtime_ns}"
    return f"{kind} {hashlib.sha256(path.read_bytes()).hexdigest()}"
