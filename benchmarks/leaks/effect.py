"""What each mistake of the leak laboratory is worth, computed from its runs' predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import mistakes
from benchmarks.data.mistakes import ALTERED, HONEST, Mistake, Reported
from benchmarks.errors import InputError
from benchmarks.evaluation.bootstrap import Estimate
from benchmarks.evaluation.uncertainty import (
    NO_FLOOR,
    Interval,
    SeedFloor,
    apart,
    estimate_means,
    of_mean,
    seed_floor,
    weighted,
)
from benchmarks.store.folder import RunFolder
from benchmarks.store.laboratory import MistakeRow
from benchmarks.store.reading import is_run, read_run
from benchmarks.store.records import FitResults, RunResults
from benchmarks.store.splits import read_splits

METHOD = (
    "95 % interval over pictures (all copies of one together) and seeds, whose spread is judged by "
    "all runs together; where one of the two has a single seed, over pictures alone"
)
SAME = 1e-12
"""The variance below which two runs answer alike."""
NOTHING = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, eq=False)
class Scored:
    """Which answers are right: ``correct`` is bool, seeds × images.

    ``clusters`` names, for each image, what it is a picture of: copies, altered or not, share it.
    """

    correct: NDArray[np.bool_]
    clusters: NDArray[np.str_]

    @property
    def accuracy(self) -> float:
        """The mean over images and seeds."""
        return float(self.correct.mean())


@dataclass(frozen=True, eq=False, kw_only=True)
class Compared:
    """The answers that a mistake tells beside those of its counterpart.

    ``in_training`` is the share of the images told of which a copy is trained on.
    """

    mistake: Mistake
    reported: Scored
    counterpart: Scored
    in_training: float

    @property
    def gains(self) -> Estimate:
        """The difference of each pair of fits."""
        same = self.mistake.same_images
        return _differences(self.reported, self.counterpart, same_images=same)


@dataclass(frozen=True, kw_only=True)
class MistakeEffect:
    """One mistake's score, that of its counterpart, and the difference: what the mistake is worth.

    All are mean accuracies over seeds as fractions of 1. ``in_training`` is the share of the
    test images of which a copy, altered or not, is trained on. ``reason`` says why nothing was
    measured.
    """

    mistake: Mistake
    reason: str = ""
    reported: Interval = NOTHING
    counterpart: Interval = NOTHING
    gain: Interval = NOTHING
    test_images: int = 0
    seeds: int = 0
    in_training: float = float("nan")

    @property
    def measured(self) -> bool:
        """Whether there is a number."""
        return not self.reason

    @property
    def errors_hidden(self) -> Interval:
        """The share of the counterpart's errors that the mistake hides."""
        errors = 1 - self.counterpart.value
        if not errors > 0:
            return Interval(0.0, 0.0, 0.0)
        gain = self.gain
        return Interval(gain.value / errors, gain.low / errors, gain.high / errors)


@dataclass(frozen=True, eq=False)
class Laboratory:
    """A laboratory's folder once it is read: its runs by name, and what each mistake is worth."""

    folder: Path
    runs: Mapping[str, RunResults]
    effects: tuple[MistakeEffect, ...]

    @property
    def honest(self) -> RunResults:
        """The run without a mistake."""
        return self.runs[HONEST]


def is_laboratory(folder: Path) -> bool:
    """Tell whether ``folder`` is the results folder of a leak laboratory."""
    return is_run(folder / HONEST)


def read_laboratory(folder: Path) -> Laboratory:
    """Read the runs below ``folder`` and measure each mistake.

    A mistake whose run is missing or failed is kept with the reason. Raises ``InputError`` for a
    folder that is no laboratory or holds a damaged run.
    """
    if not is_laboratory(folder):
        raise InputError(f"{folder}: not a leak laboratory (it has no run in {HONEST}/)")
    names = (HONEST, *(name for name, _ in mistakes.treatments()))
    runs = {n: read_run(folder / n) for n in names if is_run(folder / n)}
    return Laboratory(folder, runs, _effects([_compare(runs, m) for m in mistakes.MISTAKES]))


def mistake_rows(laboratory: Laboratory) -> tuple[MistakeRow, ...]:
    """Return one row for each mistake, in the order of ``MISTAKES``."""
    return tuple(_row(effect) for effect in laboratory.effects)


def _row(effect: MistakeEffect) -> MistakeRow:
    mistake = effect.mistake
    return MistakeRow(
        mistake=mistake.name,
        status="ok" if effect.measured else "not run",
        reason=effect.reason,
        **_named("accuracy", effect.reported),
        counterpart=mistake.counterpart,
        **_named("counterpart_accuracy", effect.counterpart),
        **_named("gain", effect.gain),
        **_named("errors_hidden", effect.errors_hidden),
        same_images=mistake.same_images,
        test_images=effect.test_images,
        test_in_training=effect.in_training,
        seeds=effect.seeds,
    )


def _named(name: str, estimate: Interval) -> dict[str, Any]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _compare(runs: Mapping[str, RunResults], mistake: Mistake) -> Compared | MistakeEffect:
    """Return what is told of a mistake beside its counterpart, or why there is nothing to tell."""
    made = mistake.name if mistake.trained else HONEST
    for name in (made, mistake.counterpart):
        if reason := _missing(runs, name):
            return MistakeEffect(mistake=mistake, reason=reason)
    shared = sorted(_fits(runs[made]).keys() & _fits(runs[mistake.counterpart]).keys())
    if len(shared) < mistake.fewest_seeds:
        reason = "there is one seed only; give fit.seeds several"
        return MistakeEffect(mistake=mistake, reason=reason)
    chosen = _reported(mistake, runs[made], shared)
    reported = scored(runs[made], [shared[place] for place in chosen.places], chosen.split)
    counterpart = scored(runs[mistake.counterpart], shared, "test")
    if mistake.same_images and not np.array_equal(reported.clusters, counterpart.clusters):
        raise InputError(
            f"{runs[made].folder}: its test images are not those of {mistake.counterpart}; "
            "remove the folder and run the laboratory again"
        )
    trained_on = np.unique(_clusters(runs[made].folder, "train"))
    return Compared(
        mistake=mistake,
        reported=reported,
        counterpart=counterpart,
        in_training=float(np.isin(_clusters(runs[made].folder, chosen.split), trained_on).mean()),
    )


def _effects(found: Sequence[Compared | MistakeEffect]) -> tuple[MistakeEffect, ...]:
    """Measure what can be compared, with the spread between seeds that all of it shows."""
    compared = [each for each in found if isinstance(each, Compared)]
    of_scores = _floor([_estimate(each.counterpart) for each in compared])
    of_gains = _floor([each.gains for each in compared])
    return tuple(
        each if isinstance(each, MistakeEffect) else _measured(each, of_scores, of_gains)
        for each in found
    )


def _floor(estimates: Sequence[Estimate]) -> SeedFloor:
    """Return the least spread between seeds to reckon with, from those of all ``estimates``."""
    if not estimates:
        return NO_FLOOR
    ends = np.cumsum([len(each.scores) for each in estimates])
    groups = np.split(np.arange(ends[-1]), ends[:-1])
    return seed_floor(reduce(apart, estimates), groups)


def _reported(mistake: Mistake, run: RunResults, seeds: list[int]) -> Reported:
    """Return what is told of ``run``: all its test answers, unless the mistake tells others."""
    if mistake.reporting is None:
        return Reported("test", tuple(range(len(seeds))))
    return mistake.reporting(scored(run, seeds, "test").correct)


def _missing(runs: Mapping[str, RunResults], name: str) -> str:
    """Say why the run ``name`` has nothing to compare; blank where it has."""
    if name not in runs:
        return f"the run {name} has not been made yet; the same command goes on"
    (variant,) = runs[name].variants
    return "" if variant.ranked else f"the run {name}: {variant.outcome.reason}"


def _measured(compared: Compared, of_scores: SeedFloor, of_gains: SeedFloor) -> MistakeEffect:
    return MistakeEffect(
        mistake=compared.mistake,
        reported=mean(compared.reported, of_scores),
        counterpart=mean(compared.counterpart, of_scores),
        gain=_gain(compared.gains, of_gains),
        test_images=len(compared.reported.clusters),
        seeds=len(compared.counterpart.correct),
        in_training=compared.in_training,
    )


def _fits(run: RunResults) -> dict[int, FitResults]:
    return {fit.record.seed: fit for fit in run.variants[0].fits}


def scored(run: RunResults, seeds: list[int], side: str) -> Scored:
    """Return which answers of the fits with ``seeds`` are right on one split of a run."""
    fits = _fits(run)
    correct = np.stack([getattr(fits[seed], side).correct for seed in seeds])
    return Scored(correct, _clusters(run.folder, side))


def _clusters(folder: Path, side: str) -> NDArray[np.str_]:
    """Name the picture of each image of one split, in order: its id, or that of its original."""
    images = read_splits(RunFolder(folder))
    originals = dict(zip(images.paths.tolist(), images.image_ids.tolist(), strict=True))
    chosen = images.of(side)
    named = [
        originals.get(path.removesuffix(ALTERED), identity)
        for path, identity in zip(chosen.paths.tolist(), chosen.image_ids.tolist(), strict=True)
    ]
    return np.array(named, dtype=np.str_)


def mean(of: Scored, floor: SeedFloor = NO_FLOOR) -> Interval:
    """Return the mean accuracy with its 95 % interval (`METHOD`)."""
    clusters = float(len(np.unique(of.clusters)))
    uncertainty = of_mean(_estimate(of), np.arange(len(of.correct)), floor)
    ends = uncertainty.interval(of.accuracy, fraction=True, images=clusters)
    return Interval(of.accuracy, *ends)


def difference(
    ours: Scored, theirs: Scored, *, same_images: bool, floor: SeedFloor = NO_FLOOR
) -> Interval:
    """Return the difference of two mean accuracies with its 95 % interval (`METHOD`).

    With ``same_images`` both have the same images in the same order, and are compared image by
    image. Seeds are paired where both have as many.
    """
    return _gain(_differences(ours, theirs, same_images=same_images), floor)


def _gain(gains: Estimate, floor: SeedFloor) -> Interval:
    value = float(gains.scores.mean())
    uncertainty = of_mean(gains, np.arange(len(gains.scores)), floor)
    if uncertainty.images < SAME and np.ptp(gains.scores) < SAME:
        return Interval(value, value, value)
    return Interval(value, *uncertainty.interval(value))


def _estimate(of: Scored) -> Estimate:
    return estimate_means(of.correct, of.clusters)


def _differences(ours: Scored, theirs: Scored, *, same_images: bool) -> Estimate:
    """Return the difference of each pair of fits, with their covariance over pictures."""
    if same_images:
        both = estimate_means(np.concatenate([ours.correct, theirs.correct]), ours.clusters)
    else:
        both = apart(_estimate(ours), _estimate(theirs))
    return weighted(both, _weights(len(ours.correct), len(theirs.correct)))


def _weights(ours: int, theirs: int) -> NDArray[np.float64]:
    """Return how much each fit, ours first, counts in each difference of two fits.

    Both are trained with the same seeds, so each is compared with its own; where the numbers
    differ, the means are.
    """
    if ours == theirs:
        return np.hstack([np.eye(ours), -np.eye(theirs)])
    return np.concatenate([np.full(ours, 1 / ours), np.full(theirs, -1 / theirs)])[None]
