"""The openings of the test set that scored fits are proof of, whatever the ledger has lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.ledger import append_event, damaged_lines, read_ledger
from benchmarks.store.reading import stored_fit, views_record
from benchmarks.store.records import (
    EXTERNAL,
    FitRecord,
    LedgerEvent,
    TestOpened,
    UnknownEvent,
)

ASKED = {
    "score": "which is scored",
    "explain": "which was asked where it looks",
    "robustness": "which was scored under corruptions",
    "views": "which was scored on further views",
}
"""What the test set is opened for, and how one says it of a fit."""


@dataclass(frozen=True)
class Untold:
    """An opening that must have been, as the fit in ``place`` was asked for ``purpose``."""

    place: Path
    fit: FitRecord | None
    purpose: str


def untold_openings(
    folder: RunFolder, events: Iterable[LedgerEvent | UnknownEvent]
) -> Iterator[Untold]:
    """Yield each opening that a file of a fit is proof of and no event tells."""
    opened = (event for event in events if isinstance(event, TestOpened))
    told = {(event.key, event.purpose.partition(" ")[0]) for event in opened}
    for place in folder.trained():
        fit = stored_fit(place)
        for purpose in _purposes(FitFolder(place)):
            if (fit.key if fit else "", purpose) not in told:
                yield Untold(place, fit, purpose)


def _purposes(files: FitFolder) -> Iterator[str]:
    """Yield what a fit was opened the test set for; views may have come with its score."""
    for purpose, path in zip(ASKED, files.asked(), strict=True):
        if not path.is_file():
            continue
        if path == files.views:
            record = views_record(path.read_bytes())
            if record is not None and record.purpose != purpose:
                continue
        yield purpose


def restore_openings(folder: RunFolder) -> Iterator[str]:
    """Put such openings back into the ledger, without a time; yield what to tell of each.

    Lines that are damaged stay as they are, and are told.
    """
    for number in damaged_lines(folder.ledger):
        yield f"{folder.ledger}: line {number} cannot be read; openings are told from the fits"
    for untold in list(untold_openings(folder, read_ledger(folder.ledger))):
        if (fit := untold.fit) is not None:
            suffix = f" ({EXTERNAL})" if fit.external and untold.purpose == "score" else ""
            opened = TestOpened(
                variant=fit.variant, seed=fit.seed, key=fit.key, purpose=untold.purpose + suffix
            )
            append_event(folder.ledger, opened)
            yield (
                f"{folder.ledger}: did not tell that the test set was opened for {fit.variant}, "
                f"seed {fit.seed}, {ASKED[untold.purpose]}; it does now, without the time"
            )
