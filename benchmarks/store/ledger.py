"""The test ledger: each opening of the test set, and the rows that it was opened for again."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.store.files import now
from benchmarks.store.records import RunResults


@dataclass(frozen=True)
class Opening:
    """One line of the ledger. ``key`` names the fit that was asked.

    ``purpose`` is ``score``; of a fit that was scored, ``explain`` or ``robustness``, which are
    no scorings. ``scoring`` counts, from 1, the different fits of this variant and seed that
    have been opened for so far: 2 is the first after a change of settings or code. ``repeated``
    tells that this very fit had been asked the same before, as when a run is interrupted there.
    """

    variant: str
    seed: int | None
    time: str
    purpose: str
    key: str
    scoring: int
    repeated: bool


def openings(run: RunResults) -> tuple[Opening, ...]:
    """Return every opening of the test set, in order."""
    scored: defaultdict[tuple[str, int | None], list[str]] = defaultdict(list)
    asked = set()
    found = []
    for event in run.events("test-opened"):
        variant, seed, key = event.get("variant", ""), event.get("seed"), event.get("key", "")
        purpose = event.get("purpose", "score")
        keys = scored[variant, seed]
        if key not in keys:
            keys.append(key)
        repeated = (variant, seed, key, purpose) in asked
        asked.add((variant, seed, key, purpose))
        scoring = keys.index(key) + 1
        found.append(Opening(variant, seed, event.get("time", ""), purpose, key, scoring, repeated))
    return tuple(found)


def scorings(run: RunResults) -> dict[str, int]:
    """Return variant → how often its row was scored anew: the most over its seeds.

    1 is as it should be. More means that the variant was changed after its test score could
    be seen. Scoring the same fit again, after an interruption, adds nothing.
    """
    most: dict[str, int] = {}
    for opening in openings(run):
        most[opening.variant] = max(most.get(opening.variant, 0), opening.scoring)
    return most


def append_line(path: Path, record: Mapping[str, Any]) -> None:
    """Append one JSON line and see it onto the disk; a line cut off by a kill is closed first."""
    line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
    with path.open("a+b") as file:
        if file.tell() and not _ends_with_newline(file):
            line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def record_opening(ledger: Path, *, variant: str, seed: int, key: str, purpose: str) -> None:
    """Say in ``ledger`` that the test set is opened now for one fit, whose key is ``key``."""
    opened = {"variant": variant, "seed": seed, "key": key, "purpose": purpose}
    append_line(ledger, {"event": "test-opened", "time": now(), **opened})


def _ends_with_newline(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


class Ledger:
    """The ledger of a run: one line for an event, and one event once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = {self._identity(line) for line in read_ledger(path)}

    @staticmethod
    def _identity(line: Mapping[str, Any]) -> tuple[Any, ...]:
        return line.get("event"), line.get("variant"), line.get("key"), line.get("state")

    def record(self, event: str, **facts: Any) -> None:
        """Append the event unless a line of the same event, variant, key and state is there."""
        line = {"event": event, "time": now(), **facts}
        if self._identity(line) not in self._seen:
            self._seen.add(self._identity(line))
            append_line(self._path, line)


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Return the ledger's lines; one that a kill cut off, or that is damaged, is left out."""
    if not path.is_file():
        return []
    lines = []
    for line in path.read_text("utf-8", "replace").split("\n"):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(record, dict):
            lines.append(record)
    return lines
