"""The test ledger: each opening of the test set, and the rows that it was opened for again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from benchmarks.evaluation.records import RunResults


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
