"""The files of a results folder as they are read: nothing is made of one that does not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.store.digests import AGAIN, ORIGINAL, read_digests, stored_digests
from benchmarks.store.files import json_values
from benchmarks.store.folder import RunFolder
from datasets.digested import holds
from datasets.files import sha256_of

ADD_AGAIN = "put the original back, or remove it and add the row again"


@dataclass(frozen=True)
class Contents:
    """Reads the files of the results folder ``run``, each against all digests that there are.

    ``known`` is what ``digests.json`` says, ``None`` while the run is under way. A file that this
    does not name must hold its own digest, or have one in a record. ``trusting`` checks nothing.
    """

    run: Path
    known: Mapping[str, str] | None
    trusting: bool = False

    def bytes_of(self, path: Path, remedy: str = AGAIN, stated: str | None = None) -> bytes:
        """Return the bytes of ``path``; raises ``InputError`` where they are not as written.

        ``stated`` is the digest that another record gives of them, ``remedy`` what to do where
        the run can be made again.
        """
        remedy = self._possible(remedy)
        content = _content(path, remedy)
        if self.trusting:
            return content
        known = self._known(path, hashlib.sha256(content).hexdigest(), remedy, stated)
        own = holds(content)
        if own is False:
            raise InputError(f"{path}: damaged, or changed since it was written; {remedy}")
        if not known and own is None:
            raise InputError(f"{path}: has no digest, so nobody can tell what it was; {remedy}")
        return content

    def json_of(self, path: Path, remedy: str = AGAIN) -> Any:
        """Return what the JSON at ``path`` says, without its digest."""
        values = json_values(self.bytes_of(path, remedy))
        if values is None:
            raise InputError(f"{path}: not readable as JSON; {self._possible(remedy)}")
        return values

    def log_of(self, path: Path) -> bytes:
        """Return the bytes of a file that grows while the run is under way; empty where none."""
        if not path.is_file():
            return b""
        content = _content(path, ORIGINAL)
        if not self.trusting:
            self._known(path, hashlib.sha256(content).hexdigest(), ORIGINAL, None)
        return content

    def require(self, file: Path, remedy: str = AGAIN, stated: str | None = None) -> None:
        """Raise ``InputError`` unless a file that holds no digest is as some record says."""
        remedy = self._possible(remedy)
        try:
            found = sha256_of(file)
        except OSError as error:
            raise InputError(f"{file}: {error.strerror}; {remedy}") from error
        if not self._known(file, found, remedy, stated):
            raise InputError(f"{file}: has no digest, so nobody can tell what it was; {remedy}")

    def require_complete(self) -> None:
        """Raise ``InputError`` where a finished run lacks a file that its numbers are made of."""
        place = RunFolder(self.run)
        for name in self.known or ():
            path = place.path / name
            if not self.trusting and place.is_read(path) and not path.exists():
                again = "put it back, or run again"
                remedy = ORIGINAL if path == place.ledger else self._possible(again)
                raise InputError(f"{self.run / name}: is missing since the run ended; {remedy}")

    def _possible(self, remedy: str) -> str:
        """Return ``remedy``, or what can be done in its place where the run was kept."""
        return ORIGINAL if RunFolder(self.run).kept.is_file() else remedy

    def _known(self, path: Path, found: str, remedy: str, stated: str | None) -> bool:
        """Tell whether there is a digest of ``path`` elsewhere; refuse ``found`` if another."""
        listed = (self.known or {}).get(self._name(path))
        if listed not in (None, found):
            raise InputError(f"{path}: changed since the run ended; {remedy}")
        if stated not in (None, found):
            raise InputError(f"{path}: damaged, or changed since it was written; {remedy}")
        return found in (listed, stated)

    def _name(self, path: Path) -> str:
        folder = self.run.resolve()
        return (path.parent.resolve() / path.name).relative_to(folder).as_posix()


def contents(run: Path, *, trusting: bool = False) -> Contents:
    """Open the files of the results folder ``run`` for reading.

    Raises ``InputError`` where its ``digests.json`` was changed, unless ``trusting``.
    """
    return Contents(run, stored_digests(run) if trusting else read_digests(run), trusting)


def _content(path: Path, remedy: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; {remedy}") from error
