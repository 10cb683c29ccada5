"""The digests of a results folder: the SHA-256 of every file in it, in ``digests.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.errors import InputError
from benchmarks.store.files import read_json
from datasets.files import replacing, sha256_of

FILE = "digests.json"


@dataclass(frozen=True)
class Change:
    """A file, named from the results folder, that is not as ``digests.json`` says."""

    file: str
    what: Literal["changed", "missing", "extra"]


def write_digests(folder: Path) -> None:
    """Digest every file of a finished run; written last, it says that the rest is whole."""
    _write(folder, {name: sha256_of(folder / name) for name in published(folder)})


def renew_digests(folder: Path, names: Iterable[str]) -> None:
    """Digest the files ``names`` anew and leave the others' digests as they are.

    Rendering a page again must not make a changed prediction right. A folder without digests,
    a run under way, gets none.
    """
    known = stored_digests(folder)
    if known is not None:
        _write(folder, {**known, **{name: sha256_of(folder / name) for name in names}})


def stored_digests(folder: Path) -> Mapping[str, str] | None:
    """Return file → SHA-256; ``None`` where there is no ``digests.json`` or it was changed."""
    content = read_json(folder / FILE)
    files = content.get("files") if isinstance(content, dict) else None
    if not isinstance(files, dict) or (folder / FILE).read_bytes() != _text(files).encode():
        return None
    return files


def changes(folder: Path) -> Iterator[Change]:
    """Compare every file with its digest, in order of their names.

    A changed ``digests.json`` is named itself; nothing can then be said of the others.
    """
    known = stored_digests(folder)
    if known is None:
        yield Change(FILE, "changed" if (folder / FILE).exists() else "missing")
        return
    found = set(published(folder))
    for name in sorted(found | known.keys()):
        if name not in found:
            yield Change(name, "missing")
        elif name not in known:
            yield Change(name, "extra")
        elif sha256_of(folder / name) != known[name]:
            yield Change(name, "changed")


def published(folder: Path) -> list[str]:
    """Name every file of a results folder from there, with ``/``, but hidden ones and FILE.

    Hidden are the lock and what a killed process had half written.
    """
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    seen = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return sorted(name.as_posix() for name in seen if name.as_posix() != FILE)


def refuse_changes(folder: Path) -> None:
    """Raise ``InputError`` if what a finished run built on was changed since; missing is fine.

    To go on with such a folder would give the change a digest of its own.
    """
    for name, known in (stored_digests(folder) or {}).items():
        path = folder / name
        kept = name.startswith(("fits/", "work/")) or name in ("ledger.jsonl", "tuning.journal")
        if kept and path.is_file() and sha256_of(path) != known:
            raise InputError(
                f"{path}: changed since the run ended; put the original back, "
                "or give --out another folder"
            )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    with replacing(folder / FILE) as temporary:
        temporary.write_text(_text(dict(sorted(files.items()))), "utf-8")


def _text(files: Mapping[str, str]) -> str:
    """Return the whole file, its own digest first, so that a change in it shows in itself."""
    own = hashlib.sha256(json.dumps(files).encode()).hexdigest()
    return json.dumps({"digest": own, "files": files}, indent=1) + "\n"
