"""What each mistake of the leak laboratory is worth, computed from its runs' predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.data import mistakes
from benchmarks.data.mistakes import ALTERED, HONEST, Mistake, Reported
from benchmarks.errors import InputError
from benchmarks.store.reading import read_run
from benchmarks.store.records import FitResults, RunResults

RESAMPLES = 2000
CHUNK = 250
METHOD = (
    "95 % bootstrap interval over pictures (all copies of one together) and seeds; for the best of "
    "several seeds over pictures alone"
)

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


NOTHING = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, eq=False)
class Scored:
    """Which answers are right: ``correct`` is bool, seeds × images.

    ``pictures`` names, for each image, what it is a picture of: copies, altered or not, share it.
    """

    correct: NDArray[np.bool_]
    pictures: NDArray[np.str_]

    @property
    def accuracy(self) -> float:
        """The mean over images and seeds."""
        return float(self.correct.mean())


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
    worths: tuple[MistakeEffect, ...]

    @property
    def honest(self) -> RunResults:
        """The run without a mistake."""
        return self.runs[HONEST]


def is_laboratory(folder: Path) -> bool:
    """Tell whether ``folder`` is the results folder of a leak laboratory."""
    return (folder / HONEST / "manifest.json").is_file()


def read_laboratory(folder: Path) -> Laboratory:
    """Read the runs below ``folder`` and measure each mistake.

    A mistake whose run is missing or failed is kept with the reason. Raises ``InputError`` for a
    folder that is no laboratory or holds a damaged run.
    """
    if not is_laboratory(folder):
        raise InputError(f"{folder}: not a leak laboratory (it has no run in {HONEST}/)")
    names = (HONEST, *(name for name, _ in mistakes.treatments()))
    runs = {n: read_run(folder / n) for n in names if (folder / n / "manifest.json").is_file()}
    return Laboratory(folder, runs, tuple(_worth(runs, mistake) for mistake in mistakes.MISTAKES))


def table(laboratory: Laboratory) -> pd.DataFrame:
    """Return one row for each mistake, in the order of ``MISTAKES``.

    Columns: ``mistake``, ``status`` (``ok`` or ``not run``), ``reason``; ``accuracy`` as the
    mistake reports it, ``counterpart`` and ``counterpart_accuracy``, ``gain``, and
    ``errors_hidden`` (a share of the counterpart's errors), each number with ``_low`` and
    ``_high``; ``same_images``; ``test_images``, ``test_in_training`` (a share), ``seeds``.
    """
    return pd.DataFrame([_row(worth) for worth in laboratory.worths])


def _row(worth: MistakeEffect) -> dict[str, object]:
    mistake = worth.mistake
    return {
        "mistake": mistake.name,
        "status": "ok" if worth.measured else "not run",
        "reason": worth.reason,
        **_named("accuracy", worth.reported),
        "counterpart": mistake.counterpart,
        **_named("counterpart_accuracy", worth.counterpart),
        **_named("gain", worth.gain),
        **_named("errors_hidden", worth.errors_hidden),
        "same_images": mistake.same_images,
        "test_images": worth.test_images,
        "test_in_training": worth.in_training,
        "seeds": worth.seeds,
    }


def _named(name: str, estimate: Interval) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _worth(runs: Mapping[str, RunResults], mistake: Mistake) -> MistakeEffect:
    made = mistake.name if mistake.trained else HONEST
    for name in (made, mistake.counterpart):
        if reason := _missing(runs, name):
            return MistakeEffect(mistake=mistake, reason=reason)
    seed = int(runs[HONEST].manifest.protocol.get("seed", 0))
    shared = sorted(_fits(runs[made]).keys() & _fits(runs[mistake.counterpart]).keys())
    if len(shared) < mistake.fewest_seeds:
        reason = "there is one seed only; give fit.seeds several"
        return MistakeEffect(mistake=mistake, reason=reason)
    told = _reported(mistake, runs[made], shared)
    reported = scored(runs[made], [shared[place] for place in told.places], told.split)
    counterpart = scored(runs[mistake.counterpart], shared, "test")
    if mistake.same_images and not np.array_equal(reported.pictures, counterpart.pictures):
        raise InputError(
            f"{runs[made].folder}: its test images are not those of {mistake.counterpart}; "
            "remove the folder and run the laboratory again"
        )
    gain = difference(reported, counterpart, same_images=mistake.same_images, seed=seed)
    return _measured(mistake, runs[made], told.split, reported, counterpart, gain, seed)


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


def _measured(
    mistake: Mistake,
    run: RunResults,
    side: str,
    reported: Scored,
    counterpart: Scored,
    gain: Interval,
    seed: int,
) -> MistakeEffect:
    trained_on = np.unique(_pictures(run.folder, "train"))
    return MistakeEffect(
        mistake=mistake,
        reported=mean(reported, seed=seed),
        counterpart=mean(counterpart, seed=seed),
        gain=gain,
        test_images=len(reported.pictures),
        seeds=len(counterpart.correct),
        in_training=float(np.isin(_pictures(run.folder, side), trained_on).mean()),
    )


def _fits(run: RunResults) -> dict[int, FitResults]:
    return {fit.record.seed: fit for fit in run.variants[0].fits}


def scored(run: RunResults, seeds: list[int], side: str) -> Scored:
    """Return which answers of the fits with ``seeds`` are right on one split of a run."""
    fits = _fits(run)
    correct = np.stack([getattr(fits[seed], side).correct for seed in seeds])
    return Scored(correct, _pictures(run.folder, side))


def _pictures(folder: Path, side: str) -> NDArray[np.str_]:
    """Name the picture of each image of one split, in order: its id, or that of its original."""
    columns = ["row", "image_id", "path", "split"]
    rows = pd.read_parquet(folder / "splits.parquet", columns=columns).sort_values("row")
    originals = dict(zip(rows["path"], rows["image_id"], strict=True))
    chosen = rows[rows["split"] == side]
    named = [
        originals.get(path.removesuffix(ALTERED), identity)
        for path, identity in zip(chosen["path"], chosen["image_id"], strict=True)
    ]
    return np.array(named, dtype=np.str_)


def mean(of: Scored, *, seed: int) -> Interval:
    """Return the mean accuracy with its 95 % bootstrap interval (`METHOD`)."""
    rng = np.random.default_rng(seed)
    draws = np.concatenate([_accuracies(of, rng, size) for size in _chunks()])
    return _estimate(of.accuracy, _over_seeds(draws, rng))


def difference(ours: Scored, theirs: Scored, *, same_images: bool, seed: int) -> Interval:
    """Return the difference of two mean accuracies with its 95 % bootstrap interval (`METHOD`).

    With ``same_images`` both have the same images in the same order, and each resample takes the
    same pictures from both. Seeds are resampled together, as both were trained with the same; not
    at all where the two have different numbers of them.
    """
    rng = np.random.default_rng(seed)
    chunks = []
    for size in _chunks():
        state = rng.bit_generator.state
        one = _accuracies(ours, rng, size)
        if same_images:
            rng.bit_generator.state = state
        other = _accuracies(theirs, rng, size)
        if one.shape == other.shape:
            chunks.append(one - other)
        else:
            chunks.append(one.mean(axis=1, keepdims=True) - other.mean(axis=1, keepdims=True))
    return _estimate(ours.accuracy - theirs.accuracy, _over_seeds(np.concatenate(chunks), rng))


def _chunks() -> list[int]:
    return [CHUNK] * (RESAMPLES // CHUNK)


def _accuracies(of: Scored, rng: np.random.Generator, resamples: int) -> Reals:
    """Resample pictures; return the accuracy of each seed in each resample, resamples × seeds."""
    _, picture = np.unique(of.pictures, return_inverse=True)
    images = np.bincount(picture)
    right = np.stack([np.bincount(picture, weights=row) for row in of.correct])
    count = len(images)
    drawn = rng.integers(count, size=(resamples, count)) + count * np.arange(resamples)[:, None]
    times = np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count)
    times = times.astype(np.float64)
    return np.asarray((times @ right.T) / (times @ images)[:, None], np.float64)


def _over_seeds(draws: Reals, rng: np.random.Generator) -> Reals:
    """Resample the seeds, resamples × seeds, and return the mean of each resample."""
    chosen = rng.integers(draws.shape[1], size=draws.shape)
    return np.asarray(np.take_along_axis(draws, chosen, axis=1).mean(axis=1), np.float64)


def _estimate(value: float, draws: Reals) -> Interval:
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(value, float(low), float(high))
