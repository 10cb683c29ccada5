"""The budget ledger: what each variant spent, and which had more than the others."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.engines.registry import is_floor
from benchmarks.store.keys import StoredValue
from benchmarks.store.records import (
    FitRecord,
    FitSpent,
    PretrainSpent,
    RunResults,
    Spent,
    TrialSpent,
    VariantResults,
)
from models.registry import Dimension, Float, Space

NEAR = 0.05
"""A value is on the edge of an interval within this share of its length from a bound."""
MORE = 1.1
"""A variant had more where it saw this many times the images of the median of the others.

The remainder of an epoch that fills no batch is dropped, so equal budgets differ by a little.
"""

S = TypeVar("S", TrialSpent, FitSpent)


@dataclass(frozen=True)
class Edge:
    """A hyperparameter that ended near the ``lower`` or ``upper`` ``bound`` of its space."""

    name: str
    value: float
    side: str
    bound: float


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What one variant spent. ``seconds`` are those of the workers that trained it.

    ``started`` trials ended ``complete``, ``pruned`` or ``failed``. Pre-training counts for
    each variant that starts from it. ``earlier_`` is what other settings or code of the same
    variant spent in the same folder, whose results are no longer in use.
    """

    variant: str
    started: int
    complete: int
    pruned: int
    failed: int
    tuning_images: int
    tuning_seconds: float
    fit_images: int
    fit_seconds: float
    pretraining_images: int
    pretraining_seconds: float
    earlier_trials: int
    earlier_fits: int
    earlier_images: int
    edges: tuple[Edge, ...]

    @property
    def images(self) -> int:
        """All images that the variant saw, whenever and for whatever."""
        spent = self.tuning_images + self.fit_images
        return spent + self.pretraining_images + self.earlier_images


def budgets(run: RunResults) -> tuple[Budget, ...]:
    """Return what each variant spent, in the order of the run; of rows from outside none knows.

    Current trials and fits are counted from what they left, each once, however often the run
    was interrupted.
    """
    return tuple(_budget(run, variant) for variant in run.variants if not variant.external)


def had_more(run: RunResults) -> dict[str, str]:
    """Return variant → in what a ranked variant had more than the others.

    The measure is the median over the other ranked networks; the floors are none.
    """
    ranked = {variant.name for variant in run.ranked}
    floors = {v.name for v in run.variants if is_floor(v.record.engine)}
    every = [budget for budget in budgets(run) if budget.variant in ranked]
    found = {}
    for budget in every:
        others = [b for b in every if b.variant not in floors | {budget.variant}]
        if others and (reasons := list(_more(budget, others))):
            found[budget.variant] = ", ".join(reasons)
    return found


def _more(budget: Budget, others: Sequence[Budget]) -> Iterator[str]:
    trials = budget.started + budget.earlier_trials
    usual = statistics.median_low([other.started for other in others])
    if trials > usual:
        yield f"{trials} trials where the others had {usual}"
    images = statistics.median([other.images for other in others])
    if budget.images > MORE * images > 0:
        yield f"saw {budget.images / images:.1f} times the images of the others"


def _budget(run: RunResults, variant: VariantResults) -> Budget:
    states = Counter(trial.state for trial in variant.trials)
    fits = [fit.record for fit in variant.fits]
    before = _pretraining(run, variant, fits)
    trials = _earlier(run, variant, TrialSpent, {trial.key for trial in variant.trials})
    trained = _earlier(run, variant, FitSpent, {fit.key for fit in fits})
    return Budget(
        variant=variant.name,
        started=len(variant.trials),
        complete=states["complete"],
        pruned=states["pruned"],
        failed=states["failed"],
        tuning_images=sum(trial.images_seen for trial in variant.trials),
        tuning_seconds=sum(trial.seconds for trial in variant.trials),
        fit_images=sum(fit.images_seen for fit in fits),
        fit_seconds=sum(fit.train_seconds for fit in fits),
        pretraining_images=_images(before),
        pretraining_seconds=sum(event.seconds for event in before),
        earlier_trials=len(trials),
        earlier_fits=len(trained),
        earlier_images=_images([*trials, *trained]),
        edges=edges(variant.record.space, fits[0].hyperparameters) if fits else (),
    )


def _pretraining(
    run: RunResults, variant: VariantResults, fits: Sequence[FitRecord]
) -> list[PretrainSpent]:
    """Find the pre-training that the fits started from; older fits do not name theirs."""
    if variant.record.initialisation != "source":
        return []
    events = run.events(PretrainSpent)
    starts = {fit.identity.start[1] for fit in fits if fit.identity}
    named = [event for event in events if event.key in starts]
    return named or [e for e in events if e.variant == variant.record.architecture][-1:]


def _earlier(run: RunResults, variant: VariantResults, kind: type[S], current: set[str]) -> list[S]:
    """Return the ledger's events of results that are no longer in use, each key once."""
    if not current or "" in current:
        return []
    events = {e.key: e for e in run.events(kind) if e.variant == variant.name}
    return [event for key, event in events.items() if key not in current]


def _images(events: Sequence[Spent]) -> int:
    return sum(event.images_seen for event in events)


def edges(space: Space, chosen: Mapping[str, StoredValue]) -> tuple[Edge, ...]:
    """Return the hyperparameters in ``chosen`` on the edge of ``space`` (as in the manifest).

    An interval has its two bounds, in log scale where it is searched so; a list of three or more
    numbers has its smallest and largest. Other lists have no edge.
    """
    found: list[Edge] = []
    for name, dimension in space.items():
        value, bounds = chosen.get(name), _bounds(dimension)
        if isinstance(value, int | float) and bounds:
            log = isinstance(dimension, Float) and dimension.log
            found += _edge(name, float(value), *bounds, log=log)
    return tuple(found)


def _bounds(dimension: Dimension) -> tuple[float, float, float] | None:
    """Return both bounds of a dimension, and the share of its length that is their edge."""
    if isinstance(dimension, Float):
        return dimension.low, dimension.high, NEAR
    numbers = [value for value in dimension.values if isinstance(value, int | float)]
    if len(numbers) < max(3, len(dimension.values)):
        return None
    return float(min(numbers)), float(max(numbers)), 0.0


def _edge(
    name: str, value: float, low: float, high: float, near: float, *, log: bool
) -> Iterator[Edge]:
    place: Callable[[float], float] = math.log if log else float
    margin = near * (place(high) - place(low))
    if place(value) - place(low) <= margin:
        yield Edge(name, value, "lower", low)
    elif place(high) - place(value) <= margin:
        yield Edge(name, value, "upper", high)
