"""The record of a cache entry: whose it is, and the digests that its files are opened by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from datasets.files import sha256_of, sha256_once
from datasets.records import DamagedEntry

RECORD = "content.json"


def write_record(folder: Path, entry: str) -> None:
    """Record that the files now in ``folder`` are those of ``entry``, and what they hold."""
    files = {file.name: sha256_of(file) for file in sorted(folder.iterdir())}
    record = json.dumps({"entry": entry, "files": files}, indent=2)
    (folder / RECORD).write_text(record, encoding="utf-8")


def is_intact(folder: Path) -> bool:
    """Tell whether ``folder`` is the entry of its name and each file holds what was recorded."""
    files = _recorded(folder)
    return bool(files) and all(_holds(folder / name, content) for name, content in files.items())


def intact_file(folder: Path, name: str) -> Path:
    """Return the place of a file of an entry, whose content was just found to be the recorded one.

    Raises ``FileNotFoundError`` where the entry has no such file, and ``DamagedEntry`` where it
    is damaged or gone.
    """
    files, file = _recorded(folder), folder / name
    if files and name not in files and not file.exists():
        raise FileNotFoundError(file)
    if name not in files or not _holds(file, files[name]):
        raise damaged(file)
    return file


def damaged(file: Path) -> DamagedEntry:
    """Return the error that says that ``file`` of the cache is not as it was written."""
    return DamagedEntry(
        f"{file}: damaged, it is not what was written; give the same command again, which "
        "builds it anew"
    )


def _recorded(folder: Path) -> dict[str, Any]:
    """Return the recorded digests by file, none for an entry without a sound record of its own."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return dict(record["files"]) if record["entry"] == folder.name else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _holds(file: Path, content: object) -> bool:
    try:
        return sha256_once(file) == content
    except OSError:
        return False
