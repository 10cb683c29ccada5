"""The statistics of a run: scores with intervals, comparisons, tied ranks; computed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import metrics
from benchmarks.engines.registry import is_floor
from benchmarks.errors import InputError, did_you_mean
from benchmarks.evaluation.bootstrap import Bootstrap, Estimate, bootstrap
from benchmarks.evaluation.comparison import Pair, Resolution, compare, ranks, resolution
from benchmarks.evaluation.uncertainty import Fits, of_mean
from benchmarks.metrics import RANKED_BY
from benchmarks.store.records import Predictions, RunResults, VariantResults


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
class ClassScores:
    """The scores of one variant on each class, in the order of the classes.

    ``None`` stands for a class that has no images: nothing can be said of it.
    """

    precision: tuple[Score | None, ...]
    recall: tuple[Score | None, ...]
    f1: tuple[Score | None, ...]


@dataclass(frozen=True)
class SubsetStatistics:
    """The scores on (a part of) the test set.

    ``scores`` is variant → metric → score, ``classes`` variant → the scores on each class.
    """

    images: int
    unique_images: int
    scores: Mapping[str, Mapping[str, Score]]
    classes: Mapping[str, ClassScores]

    def ranking(self, variant: str) -> Score:
        """Return the score of ``variant`` by which the rows are ranked."""
        return self.scores[variant][RANKED_BY]


@dataclass(frozen=True)
class Statistics:
    """What the predictions of a run say, and how surely.

    ``whole`` is the whole test set; ``without_duplicates`` the part whose pixels stand neither
    in train nor in validation, ``None`` where no image is left. ``order`` names the run's own
    variants by mean accuracy, best first, ``ensembles`` those made of them, and ``outside`` those
    that were trained elsewhere. ``pairs`` compares the own ones with each other,
    ``ensemble_pairs`` the ensembles with the own and each other, ``outside_pairs`` those from
    outside with the own; each of the three is corrected by itself. ``ranks`` is own variant →
    best and worst rank, empty where the run makes a mistake on purpose.
    """

    whole: SubsetStatistics | None
    without_duplicates: SubsetStatistics | None
    order: tuple[str, ...] = ()
    ensembles: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    ensemble_pairs: tuple[Pair, ...] = ()
    outside_pairs: tuple[Pair, ...] = ()
    ranks: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    resolution: Resolution | None = None

    def pair(self, first: str, second: str) -> Pair:
        """Return the comparison of two variants; KeyError where they were not compared."""
        if found := self._by_names.get((first, second)):
            return found
        return self._by_names[second, first].turned()

    @property
    def scored(self) -> tuple[str, ...]:
        """The names of all rows that have scores, in the order of the leaderboard."""
        return (*self.order, *self.ensembles, *self.outside)

    @cached_property
    def _by_names(self) -> dict[tuple[str, str], Pair]:
        every = (*self.pairs, *self.ensemble_pairs, *self.outside_pairs)
        return {(each.first, each.second): each for each in every}


def compute_statistics(run: RunResults) -> Statistics:
    """Compute the statistics of ``run`` from its stored predictions, always the same.

    A run without ranked variants has none: no parts, no pairs.
    """
    if not run.ranked:
        return Statistics(None, None)
    own = _by_accuracy(variant for variant in run.ranked if not variant.external)
    outside = _by_accuracy(variant for variant in run.ranked if variant.external)
    together = _by_accuracy(each for each in run.ensembles if each.ranked)
    tests, places = _arranged([*own, *together, *outside])
    resampled = bootstrap(tests)
    accuracy, whole = resampled.metrics[RANKED_BY], _part(resampled, places)
    pairs = compare(list(combinations(own, 2)), accuracy, places)
    order = tuple(variant.name for variant in own)
    return Statistics(
        whole=whole,
        without_duplicates=_without(run.test_shared, tests, places, whole),
        order=order,
        ensembles=tuple(ensemble.name for ensemble in together),
        outside=tuple(variant.name for variant in outside),
        pairs=pairs,
        ensemble_pairs=compare(
            [*product(together, own), *combinations(together, 2)], accuracy, places
        ),
        outside_pairs=compare(list(product(outside, own)), accuracy, places),
        ranks={} if run.mistake else ranks(order, pairs),
        resolution=resolution(_of_networks(pairs, own), len(pairs)),
    )


def _by_accuracy(variants: Iterable[VariantResults]) -> list[VariantResults]:
    return sorted(variants, key=lambda variant: (-_accuracy(variant), variant.name))


def _of_networks(pairs: Sequence[Pair], variants: Sequence[VariantResults]) -> list[Pair]:
    floors = {variant.name for variant in variants if is_floor(variant.record.engine)}
    return [pair for pair in pairs if not {pair.first, pair.second} & floors]


def refuse_incomparable(run: RunResults, first: str, second: str) -> None:
    """Raise ``InputError`` where two variants of ``run`` were not compared; it says why."""
    ranked = {row.name: row for row in run.rows if row.ranked}
    others = {row.name: row.outcome for row in run.rows if not row.ranked}
    for name in (first, second):
        if name in others:
            outcome = others[name]
            ending = f"{outcome.status}: {outcome.reason}" if outcome.reason else outcome.status
            raise InputError(f"{run.folder}: {name} has no test predictions ({ending})")
        if name not in ranked:
            hint = did_you_mean(name, (row.name for row in run.rows), "it has")
            raise InputError(f"{run.folder}: no variant {name!r}; {hint}")
    if first == second:
        raise InputError(f"{first} twice: give two different variants")
    both = ranked[first], ranked[second]
    if all(row.external for row in both):
        raise InputError(f"{first} and {second} were both added from outside; compare with an own")
    if any(row.external for row in both) and any(row.ensemble for row in both):
        raise InputError(
            f"{first} and {second}: one was added from outside, the other is an ensemble; compare "
            "either with a single row of the run"
        )


def _accuracy(variant: VariantResults) -> float:
    return float(np.mean([fit.test.accuracy for fit in variant.fits]))


def _arranged(variants: Iterable[VariantResults]) -> tuple[list[Predictions], dict[str, Fits]]:
    """Return the test answers of all fits in one list, and variant → the places of its own."""
    tests: list[Predictions] = []
    places: dict[str, Fits] = {}
    for variant in variants:
        places[variant.name] = np.arange(len(tests), len(tests) + len(variant.fits))
        tests += [fit.test for fit in variant.fits]
    return tests, places


def _without(
    shared: NDArray[np.bool_],
    tests: list[Predictions],
    places: dict[str, Fits],
    whole: SubsetStatistics,
) -> SubsetStatistics | None:
    if not shared.any():
        return whole
    if shared.all():
        return None
    return _part(bootstrap([test.only(~shared) for test in tests]), places)


def _part(resampled: Bootstrap, places: dict[str, Fits]) -> SubsetStatistics:
    return SubsetStatistics(
        images=resampled.images,
        unique_images=resampled.unique_images,
        scores={variant: _scores(resampled, fits) for variant, fits in places.items()},
        classes={variant: _classes(resampled, fits) for variant, fits in places.items()},
    )


def _scores(resampled: Bootstrap, fits: Fits) -> dict[str, Score]:
    """Return every resampled metric of one variant by name."""
    return {
        metric.name: _score(
            resampled.metrics[metric.name],
            fits,
            fraction=metric.fraction,
            images=resampled.unique_images if metric.share_of_images else None,
        )
        for metric in metrics.METRICS
        if metric.name in resampled.metrics
    }


def _classes(resampled: Bootstrap, fits: Fits) -> ClassScores:
    """Return the scores of one variant on each class; an F1 is a share of no number of images."""
    answered = resampled.answered[fits].mean(axis=0)

    def scores(estimates: Sequence[Estimate], images: NDArray[Any]) -> tuple[Score | None, ...]:
        return tuple(
            _score(estimate, fits, fraction=True, images=float(number) or None) if there else None
            for estimate, number, there in zip(
                estimates, images, resampled.labelled > 0, strict=True
            )
        )

    return ClassScores(
        precision=scores(resampled.class_precision, answered),
        recall=scores(resampled.class_recall, resampled.labelled),
        f1=scores(resampled.class_f1, np.zeros_like(answered)),
    )


def _score(estimate: Estimate, fits: Fits, *, fraction: bool, images: float | None) -> Score:
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
