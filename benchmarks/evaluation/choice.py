"""Which variant to take: the front of accuracy against cost, and the choice under limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from benchmarks.evaluation.comparison import Pair
from benchmarks.evaluation.conditions import timed_apart
from benchmarks.evaluation.guessing import no_better_than_guessing
from benchmarks.evaluation.leaderboard import ranking_score
from benchmarks.evaluation.statistics import Statistics
from benchmarks.store.records import RunResults, VariantResults


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A ranked variant: its mean test accuracy (a fraction of 1), its interval and its costs.

    ``latency_ms`` is that of one image, ``train_seconds`` that of one final fit; a cost that is
    unknown, or was measured on other hardware than the other rows', is ``None``.
    ``guessing`` tells that it is no better than always answering the commonest class.
    """

    variant: str
    accuracy: float
    low: float
    high: float
    parameters: float | None = None
    latency_ms: float | None = None
    train_seconds: float | None = None
    guessing: bool = False


@dataclass(frozen=True)
class Limits:
    """The most that may be spent: milliseconds for one image, and parameters; None: no limit."""

    latency_ms: float | None = None
    parameters: float | None = None

    def allow(self, candidate: Candidate) -> bool:
        """Tell whether ``candidate`` keeps them; one whose cost is unknown does not."""
        return _within(candidate.latency_ms, self.latency_ms) and _within(
            candidate.parameters, self.parameters
        )


@dataclass(frozen=True)
class Choice:
    """The most accurate candidate within the limits, and what is to be said of it.

    ``taken`` is ``None`` where none keeps the limits. ``best`` is the most accurate of all;
    ``given_up`` compares it with ``taken`` where they differ. ``alternatives`` are within the
    limits, tied with ``taken``, and smaller or faster.
    """

    taken: Candidate | None
    best: Candidate
    given_up: Pair | None = None
    alternatives: tuple[Candidate, ...] = ()


def candidates(run: RunResults, board: pd.DataFrame) -> tuple[Candidate, ...]:
    """Return what may be chosen from ``run``, whose leaderboard is ``board``, best first.

    Rows from outside are left out, since they may have seen the test images; a run that makes
    a mistake on purpose has no candidates.
    """
    if run.mistake:
        return ()
    own = {variant.name: variant for variant in run.ranked if not variant.external}
    apart = timed_apart(run)
    return tuple(
        _candidate(run, own[name], row, timed=name not in apart)
        for _, row in board.iterrows()
        if (name := row["variant"]) in own
    )


def _candidate(
    run: RunResults, variant: VariantResults, row: pd.Series, *, timed: bool
) -> Candidate:
    scored = ranking_score(row)
    return Candidate(
        variant=variant.name,
        accuracy=scored.value,
        low=scored.low,
        high=scored.high,
        parameters=_known(row["parameters"]),
        latency_ms=_known(row["latency_ms"]) if timed else None,
        train_seconds=_known(row["train_seconds"]) if timed else None,
        guessing=no_better_than_guessing(run, variant),
    )


def front(
    offered: Sequence[Candidate], cost: Callable[[Candidate], float | None]
) -> tuple[Candidate, ...]:
    """Return the Pareto front: whatever no other matches in accuracy at the same or less cost.

    ``cost`` reads one cost; candidates without it are left out. Cheapest first. Of candidates
    that are equal in both, the first counts.
    """
    priced = [(price, c) for c in offered if (price := cost(c)) is not None]
    best, chosen = float("-inf"), []
    for _, candidate in sorted(priced, key=lambda each: (each[0], -each[1].accuracy)):
        if candidate.accuracy > best:
            best = candidate.accuracy
            chosen.append(candidate)
    return tuple(chosen)


def choose(offered: Sequence[Candidate], statistics: Statistics, limits: Limits) -> Choice:
    """Choose from ``offered`` (best first, at least one) the most accurate within ``limits``."""
    best = offered[0]
    within = [candidate for candidate in offered if limits.allow(candidate)]
    if not within:
        return Choice(None, best)
    taken = within[0]
    given_up = None if taken is best else statistics.pair(best.variant, taken.variant)
    others = [c for c in alternatives(taken, offered, statistics) if limits.allow(c)]
    return Choice(taken, best, given_up, tuple(others))


def alternatives(
    taken: Candidate, offered: Sequence[Candidate], statistics: Statistics
) -> tuple[Candidate, ...]:
    """Return who is tied with ``taken``, less accurate on paper, but smaller or faster.

    Whatever another of them beats or matches in accuracy, size and speed alike is left out.
    Raises ``ValueError`` where ``taken`` is not offered.
    """
    below = offered[list(offered).index(taken) + 1 :]
    tied: list[Candidate] = []
    for other in below:
        if statistics.pair(taken.variant, other.variant).differs or other.guessing:
            continue
        cheaper = _less(other.parameters, taken.parameters) or _less(
            other.latency_ms, taken.latency_ms
        )
        if cheaper and not any(_dominates(kept, other) for kept in tied):
            tied.append(other)
    return tuple(tied)


def _dominates(one: Candidate, other: Candidate) -> bool:
    return not (_less(other.parameters, one.parameters) or _less(other.latency_ms, one.latency_ms))


def _less(one: float | None, other: float | None) -> bool:
    return one is not None and (other is None or one < other)


def _within(cost: float | None, limit: float | None) -> bool:
    return limit is None or (cost is not None and cost <= limit)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
