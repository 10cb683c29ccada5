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
from benchmarks.store.folder import RunFolder
from datasets.files import replacing, sha256_of


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
    place = RunFolder(folder).digests
    content = read_json(place)
    files = content.get("files") if isinstance(content, dict) else None
    if not isinstance(files, dict) or place.read_bytes() != _text(files).encode():
        return None
    return files


def changes(folder: Path) -> Iterator[Change]:
    """Compare every file with its digest, in order of their names.

    A changed ``digests.json`` is named itself; nothing can then be said of the others.
    """
    known = stored_digests(folder)
    if known is None:
        place = RunFolder(folder).digests
        yield Change(place.name, "changed" if place.exists() else "missing")
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
    """Name every file of a results folder from there, with ``/``, but hidden ones and the digests.

    Hidden are the lock and what a killed process had half written.
    """
    own = Path(RunFolder(folder).digests.name)
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    seen = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return sorted(name.as_posix() for name in seen if name != own)


def refuse_changes(folder: Path) -> None:
    """Raise ``InputError`` if what a finished run built on was changed since; missing is fine.

    To go on with such a folder would give the change a digest of its own.
    """
    place = RunFolder(folder)
    built_on = (place.fits, place.work, place.ledger, place.journal)
    for name, known in (stored_digests(folder) or {}).items():
        path = folder / name
        kept = any((place.path / name).is_relative_to(each) for each in built_on)
        if kept and path.is_file() and sha256_of(path) != known:
            raise InputError(
                f"{path}: changed since the run ended; put the original back, "
                "or give --out another folder"
            )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    with replacing(RunFolder(folder).digests) as temporary:
        temporary.write_text(_text(dict(sorted(files.items()))), "utf-8")


def _text(files: Mapping[str, str]) -> str:
    """Return the whole file, its own digest first, so that a change in it shows in itself."""
    own = hashlib.sha256(json.dumps(files).encode()).hexdigest()
    return json.dumps({"digest": own, "files": files}, indent=1) + "\n"
