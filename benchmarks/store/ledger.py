"""The ledger: what was spent and what happened, each opening of the test set above all."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass, replace
from io import RawIOBase
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from benchmarks.store.files import now
from benchmarks.store.records import (
    LedgerEvent,
    RunResults,
    TestOpened,
    TrialSpent,
    UnknownEvent,
)
from datasets.digested import BLANK, KEY, digested, holds
from datasets.files import naming

EVENT: TypeAdapter[LedgerEvent] = TypeAdapter(Annotated[LedgerEvent, Field(discriminator="event")])


@dataclass(frozen=True)
class Opening:
    """One line of the ledger. ``key`` names the fit that was asked.

    ``purpose`` is ``score``; of a fit that was scored, ``explain``, ``robustness`` or ``views``,
    which are no scorings. ``scoring`` counts, from 1, the different fits of this variant and seed
    that have been opened for so far: 2 is the first after a change of settings or code.
    ``repeated`` tells that this very fit had been asked the same before, as when a run is
    interrupted there.
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
    for event in run.events(TestOpened):
        variant, seed, key, purpose = event.variant, event.seed, event.key, event.purpose
        keys = scored[variant, seed]
        if key not in keys:
            keys.append(key)
        repeated = (variant, seed, key, purpose) in asked
        asked.add((variant, seed, key, purpose))
        scoring = keys.index(key) + 1
        found.append(Opening(variant, seed, event.time, purpose, key, scoring, repeated))
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


def append_event(ledger: Path, event: LedgerEvent | UnknownEvent) -> None:
    """Append one event and see it onto the disk, whole or not at all.

    A line that a kill has cut off goes first: what it began to tell is told anew.
    """
    line = event.line if isinstance(event, UnknownEvent) else _line(event)
    with naming(ledger), ledger.open("a+b", buffering=0) as file:
        begin = _close(file)
        size = file.seek(0, os.SEEK_END)
        try:
            _write_all(file, begin + f"{line}\n".encode())
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def record_opening(ledger: Path, *, variant: str, seed: int, key: str, purpose: str) -> None:
    """Say in ``ledger`` that the test set is opened now for one fit, whose key is ``key``."""
    opened = TestOpened(time=now(), variant=variant, seed=seed, key=key, purpose=purpose)
    append_event(ledger, opened)


def _line(event: LedgerEvent) -> str:
    """Return the line of an event, which holds its own digest."""
    values = {**EVENT.dump_python(event, mode="json"), KEY: BLANK}
    return digested(json.dumps(values, ensure_ascii=False, allow_nan=False).encode()).decode()


def _write_all(file: RawIOBase, content: bytes) -> None:
    """Write ``content``; where a disk takes a part alone, the rest tells why."""
    while content:
        content = content[file.write(content) or 0 :]


def _close(file: RawIOBase) -> bytes:
    """Cut off a line that is none; return what a whole one lacks at its end."""
    if not file.seek(0, os.SEEK_END):
        return b""
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return b""
    file.seek(0)
    content = file.readall()
    last = content.rfind(b"\n") + 1
    if _event(content[last:].decode("utf-8", "replace")) is not None:
        return b"\n"
    file.truncate(last)
    return b""


class Ledger:
    """The ledger of a run: one line for an event, and one event once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = {self._identity(event) for event in read_ledger(path)}

    @staticmethod
    def _identity(event: LedgerEvent | UnknownEvent) -> tuple[str, str, str, str]:
        state = event.state if isinstance(event, TrialSpent) else ""
        return event.event, event.variant, event.key, state

    def record(self, event: LedgerEvent) -> None:
        """Append the event now, unless one of its kind, variant, key and state is there."""
        if self._identity(event) not in self._seen:
            self._seen.add(self._identity(event))
            append_event(self._path, replace(event, time=now()))


def read_ledger(path: Path) -> list[LedgerEvent | UnknownEvent]:
    """Return the ledger's events; a line that is cut off or damaged is left out."""
    return ledger_of(path.read_bytes() if path.is_file() else b"")


def ledger_of(content: bytes) -> list[LedgerEvent | UnknownEvent]:
    """Return the events of a ledger with that ``content``, as `read_ledger` does."""
    events = (_event(line) for _, line in _lines(content))
    return [event for event in events if event is not None]


def whole_lines(content: bytes) -> bytes:
    """Return a ledger's lines but for the last where that is still being written."""
    return content[: content.rfind(b"\n") + 1]


def damaged_lines(path: Path) -> list[int]:
    """Return the numbers of the ledger's lines, from 1, that cannot be read.

    These are no JSON objects, of a known event but without its fields, or not as written.
    """
    content = path.read_bytes() if path.is_file() else b""
    return [number for number, line in _lines(content) if _event(line) is None]


def _lines(content: bytes) -> list[tuple[int, str]]:
    """Return the lines of a ledger with their numbers, from 1, without blank ones."""
    lines = content.decode("utf-8", "replace").split("\n")
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _event(line: str) -> LedgerEvent | UnknownEvent | None:
    """Return the event that ``line`` tells; ``None`` where it is damaged.

    One without a digest is of an earlier version.
    """
    if holds(line.encode()) is False:
        return None
    try:
        return EVENT.validate_json(line)
    except ValidationError as error:
        if error.errors()[0]["type"] != "union_tag_invalid":
            return None
    return UnknownEvent(event=str(json.loads(line)["event"]), line=line)
