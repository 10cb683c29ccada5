"""The digests of a results folder: the SHA-256 of every file in it, in ``digests.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.errors import InputError
from benchmarks.store.files import json_values, with_digest, write_bytes, write_values
from benchmarks.store.folder import FitFolder, RunFolder
from datasets.digested import holds
from datasets.files import sha256_of, sha256_once

AGAIN = "put the original back, or remove it and run again"
ORIGINAL = "put the original back"


@dataclass(frozen=True)
class Change:
    """A file, named from the results folder, that is not as ``digests.json`` says."""

    file: str
    what: Literal["changed", "missing", "extra"]


def write_digests(folder: Path) -> None:
    """Digest every file of a finished run; written last, it says that the rest is whole."""
    _write(folder, {name: sha256_once(folder / name) for name in published(folder)})


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
    if not place.is_file():
        return None
    content = place.read_bytes()
    values = json_values(content)
    files = values.get("files") if isinstance(values, dict) else None
    return files if isinstance(files, dict) and content == _text(files).encode() else None


def read_digests(folder: Path) -> Mapping[str, str] | None:
    """Return file → SHA-256, ``None`` where the run is under way.

    Raises ``InputError`` where ``digests.json`` was changed: nothing can be said of any file.
    """
    place, known = RunFolder(folder).digests, stored_digests(folder)
    if known is None and place.exists():
        again = f"{AGAIN}, which makes again what does not hold without it"
        remedy = ORIGINAL if RunFolder(folder).kept.is_file() else again
        raise InputError(f"{place}: changed since the run ended; {remedy}")
    return known


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
    """Name every file of a results folder from there, with ``/``, but the digests.

    The lock and what a killed process had half written are no files of a run.
    """
    place = RunFolder(folder)
    names = (path.relative_to(place.path).as_posix() for path in place.files())
    return sorted(name for name in names if name != place.digests.name)


def refuse_changes(folder: Path) -> None:
    """Raise ``InputError`` if what a finished run built on was changed since; missing is fine.

    To go on with such a folder would give the change a digest of its own.
    """
    place = RunFolder(folder)
    built_on = (place.fits, place.work, place.ledger, place.journal, place.reproduction, place.log)
    for name, known in (read_digests(folder) or {}).items():
        path = place.path / name
        kept = any(path.is_relative_to(each) for each in built_on)
        if kept and path.is_file() and sha256_once(path) != known:
            remedy = ORIGINAL if path == place.ledger else AGAIN
            raise InputError(f"{path}: changed since the run ended; {remedy}")


def reopen(folder: Path) -> None:
    """Put a finished run under way: ``digests.json`` goes, and each record holds its own digest.

    What an earlier version wrote without one is given it, where it is as ``digests.json`` says.
    """
    place, known = RunFolder(folder), read_digests(folder) or {}
    for path in place.records():
        content = path.read_bytes()
        listed = known.get(path.relative_to(place.path).as_posix())
        if holds(content) is None and listed == hashlib.sha256(content).hexdigest():
            _give_digest(place, path, content, known)
    place.digests.unlink(missing_ok=True)


def _give_digest(place: RunFolder, path: Path, content: bytes, known: Mapping[str, str]) -> None:
    """Write a record again with its own digest; a fit's with those of its other files too."""
    fit = FitFolder(path.parent)
    if path != fit.record:
        write_bytes(path, with_digest(path, content))
        return
    values = json.loads(content)
    names = (*values.get("model_files", ()), fit.history.name, fit.backbone.name)
    folder = fit.path.relative_to(place.path).as_posix()
    files = {name: known[f"{folder}/{name}"] for name in names if f"{folder}/{name}" in known}
    write_values(path, {**values, "files": files})


def _write(folder: Path, files: Mapping[str, str]) -> None:
    write_bytes(RunFolder(folder).digests, _text(dict(sorted(files.items()))).encode())


def _text(files: Mapping[str, str]) -> str:
    """Return the whole file, its own digest first, so that a change in it shows in itself."""
    own = hashlib.sha256(json.dumps(files).encode()).hexdigest()
    return json.dumps({"digest": own, "files": files}, indent=1) + "\n"
