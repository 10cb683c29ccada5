"""The statistics of a run: scores with intervals, comparisons, tied ranks; computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import InputError
from benchmarks.evaluation.bootstrap import Bootstrap, Estimate, bootstrap
from benchmarks.evaluation.chance import FLOOR_ENGINE
from benchmarks.evaluation.comparison import Pair, compare_all, ranks
from benchmarks.evaluation.metrics import METRICS
from benchmarks.evaluation.records import Predictions, RunResults, VariantResults
from benchmarks.evaluation.resolution import Resolution, resolution
from benchmarks.evaluation.uncertainty import Fits, of_mean


@dataclass(frozen=True)
class Score:
    """The mean of one metric over a variant's seeds.

    ``low`` to ``high`` is its 95 % interval over images and seeds, NaN where it is unknown.
    ``images_error`` is the standard error from the choice of images, ``seeds_error`` that from
    the seeds beyond it; ``spread`` is the standard deviation over seeds. The last two are
    ``None`` with one seed.
    """

    value: float
    low: float
    high: float
    images_error: float
    seeds_error: float | None
    spread: float | None


@dataclass(frozen=True)
class Part:
    """The scores on (a part of) the test set: variant → metric → score, and for each class F1."""

    images: int
    pictures: int
    scores: Mapping[str, Mapping[str, Score]]
    class_f1: Mapping[str, tuple[Score, ...]]


@dataclass(frozen=True)
class Statistics:
    """What the predictions of a run say, and how surely.

    ``whole`` is the whole test set; ``without_duplicates`` the part whose pixels stand neither
    in train nor in validation, ``None`` where no image is left. ``order`` names the variants
    with test predictions by mean accuracy, best first, those from outside after all others;
    ``pairs`` compares them; ``ranks`` is variant → best and worst rank, of the run's own alone.
    """

    whole: Part | None
    without_duplicates: Part | None
    order: tuple[str, ...]
    pairs: tuple[Pair, ...]
    ranks: Mapping[str, tuple[int, int]]
    resolution: Resolution | None

    def pair(self, first: str, second: str) -> Pair:
        """Return the comparison of two ranked variants; KeyError for any other."""
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.first, pair.second) == (second, first):
                return pair.turned()
        raise KeyError(f"{first} and {second}")


def compute_statistics(run: RunResults) -> Statistics:
    """Compute the statistics of ``run`` from its stored predictions, always the same.

    A run without ranked variants has none: no parts, no pairs.
    """
    variants = sorted(run.ranked, key=lambda v: (v.external, -_accuracy(v), v.name))
    own = [variant.name for variant in variants if not variant.external]
    order = tuple(variant.name for variant in variants)
    if not variants:
        return Statistics(None, None, (), (), {}, None)
    places, tests = _places(variants), [fit.test for v in variants for fit in v.fits]
    resampled = bootstrap(tests)
    whole = _part(resampled, places)
    pairs = _pairs(variants, resampled.metrics["accuracy"], places)
    floors = {variant.name for variant in variants if variant.facts.engine == FLOOR_ENGINE}
    of_networks = [pair for pair in pairs if not {pair.first, pair.second} & floors]
    return Statistics(
        whole=whole,
        without_duplicates=_without(run.test_shared, tests, places, whole),
        order=order,
        pairs=pairs,
        ranks=ranks(own, [pair for pair in pairs if {pair.first, pair.second} <= set(own)]),
        resolution=resolution(of_networks, len(pairs)),
    )


def chosen_pair(run: RunResults, first: str, second: str) -> tuple[str, str]:
    """Return two ranked variants' names as given; raises ``InputError`` naming what is wrong."""
    ranked = {variant.name for variant in run.ranked}
    others = {variant.name: variant.outcome for variant in run.variants if not variant.ranked}
    for name in (first, second):
        if name in others:
            outcome = others[name]
            told = f"{outcome.status}: {outcome.reason}" if outcome.reason else outcome.status
            raise InputError(f"{run.folder}: {name} has no test predictions ({told})")
        if name not in ranked:
            near = get_close_matches(name, [*ranked, *others], n=1)
            known = ", ".join(variant.name for variant in run.variants)
            hint = f"did you mean {near[0]!r}?" if near else f"it has: {known}"
            raise InputError(f"{run.folder}: no variant {name!r}; {hint}")
    if first == second:
        raise InputError(f"{first} twice: give two different variants")
    return first, second


def _accuracy(variant: VariantResults) -> float:
    return float(np.mean([fit.test.correct.mean() for fit in variant.fits]))


def _pairs(
    variants: list[VariantResults], accuracy: Estimate, places: dict[str, Fits]
) -> tuple[Pair, ...]:
    """Compare all pairs; those of the run's own are the same whatever came from outside."""
    own = [variant for variant in variants if not variant.external]
    names = {variant.name for variant in own}
    pairs = compare_all(own, accuracy, {name: places[name] for name in places if name in names})
    if len(own) == len(variants):
        return pairs
    every = compare_all(variants, accuracy, places)
    return (*pairs, *(pair for pair in every if not {pair.first, pair.second} <= names))


def _places(variants: list[VariantResults]) -> dict[str, Fits]:
    ends = np.cumsum([len(variant.fits) for variant in variants])
    return {
        v.name: np.arange(end - len(v.fits), end) for v, end in zip(variants, ends, strict=True)
    }


def _without(
    shared: NDArray[np.bool_], tests: list[Predictions], places: dict[str, Fits], whole: Part
) -> Part | None:
    if not shared.any():
        return whole
    if shared.all():
        return None
    return _part(bootstrap([test.only(~shared) for test in tests]), places)


def _part(resampled: Bootstrap, places: dict[str, Fits]) -> Part:
    fractions = {metric.name: metric.fraction for metric in METRICS}
    pictures = resampled.pictures
    return Part(
        images=resampled.images,
        pictures=pictures,
        scores={
            variant: {
                name: _score(
                    estimate, fits, fractions[name], pictures if name == "accuracy" else None
                )
                for name, estimate in resampled.metrics.items()
            }
            for variant, fits in places.items()
        },
        class_f1={
            variant: tuple(_score(estimate, fits, True) for estimate in resampled.class_f1)
            for variant, fits in places.items()
        },
    )


def _score(estimate: Estimate, fits: Fits, fraction: bool, images: int | None = None) -> Score:
    """Return the score of one variant; ``images`` is the number to fall back on for an interval."""
    scores, uncertainty = estimate.scores[fits], of_mean(estimate, fits)
    low, high = uncertainty.interval(float(scores.mean()), fraction=fraction, images=images)
    return Score(
        value=float(scores.mean()),
        low=low,
        high=high,
        images_error=uncertainty.images_error,
        seeds_error=uncertainty.seeds_error,
        spread=float(scores.std(ddof=1)) if len(fits) > 1 else None,
    )
