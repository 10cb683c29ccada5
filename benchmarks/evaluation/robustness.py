"""Robustness: the accuracy under corruptions, and how much of it each corruption takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.corruptions import LEVELS
from benchmarks.evaluation.uncertainty import Uncertainty
from benchmarks.store.records import (
    CorruptedAnswers,
    FitResults,
    RobustnessSpent,
    RunResults,
    VariantResults,
)


@dataclass(frozen=True)
class Measured:
    """A value and its 95 % interval over test images, for these very fits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class VariantRobustness:
    """What one variant bears; every value is a mean over its seeds.

    ``accuracy`` is corruption → accuracy at each strength, ``drop`` what each corruption takes
    of the clean accuracy, as a mean over strengths, paired on the same images, and
    ``corrupted`` the mean accuracy over all corruptions and strengths. ``seconds`` and
    ``images_seen`` are what finding this out cost, on ``images`` of the test set.
    """

    variant: str
    images: int
    clean: Measured
    corrupted: Measured
    accuracy: Mapping[str, tuple[Measured, ...]]
    drop: Mapping[str, Measured]
    images_seen: int
    seconds: float


def robustness(run: RunResults, order: Sequence[str]) -> tuple[VariantRobustness, ...]:
    """Return what each variant bears whose every fit was asked; ``order`` is best first."""
    by_name = {variant.name: variant for variant in run.ranked}
    asked = [by_name[name] for name in order if name in by_name]
    return tuple(
        _borne(run, variant)
        for variant in asked
        if all(fit.robustness is not None for fit in variant.fits)
    )


def _borne(run: RunResults, variant: VariantResults) -> VariantRobustness:
    answered = [fit.robustness for fit in variant.fits if fit.robustness is not None]
    pictures = _pictures(variant.fits[0], answered[0])
    clean = np.mean([each.clean == each.labels for each in answered], axis=0)
    right = {
        corruption: np.mean(
            [each.answers[corruption] == each.labels[:, None] for each in answered], axis=0
        )
        for corruption in LEVELS
    }
    everything = np.mean([part.mean(axis=1) for part in right.values()], axis=0)
    spent = [event for event in run.events(RobustnessSpent) if event.variant == variant.name]
    last = {event.seed: event for event in spent}.values()
    return VariantRobustness(
        variant=variant.name,
        images=len(clean),
        clean=_measured(clean, pictures, fraction=True),
        corrupted=_measured(everything, pictures, fraction=True),
        accuracy={
            corruption: tuple(_measured(column, pictures, fraction=True) for column in part.T)
            for corruption, part in right.items()
        },
        drop={
            corruption: _measured(clean - part.mean(axis=1), pictures, fraction=False)
            for corruption, part in right.items()
        },
        images_seen=sum(event.images_seen for event in last),
        seconds=sum(event.seconds for event in last),
    )


def _pictures(fit: FitResults, answered: CorruptedAnswers) -> NDArray[np.intp]:
    """Number the different pictures among the images: copies are one piece of evidence."""
    ids = fit.test.image_ids[np.searchsorted(fit.test.rows, answered.rows)]
    return np.unique(ids, return_inverse=True)[1]


def _measured(
    values: NDArray[np.float64], pictures: NDArray[np.intp], *, fraction: bool
) -> Measured:
    """Return the mean of ``values``, one for each image, with its interval over pictures."""
    mean, different = float(values.mean()), int(pictures.max()) + 1
    away = np.bincount(pictures, values - mean)
    variance = float((away**2).sum()) / len(values) ** 2 * different / max(different - 1, 1)
    low, high = Uncertainty(variance).interval(mean, fraction=fraction, images=float(different))
    return Measured(mean, low, high)
