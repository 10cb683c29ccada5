"""Robustness: the accuracy under corruptions, and how much of it each corruption takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation.uncertainty import Uncertainty
from benchmarks.store.records import (
    CorruptedAnswers,
    CorruptionRecord,
    FitResults,
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

    ``corruptions`` are those that all fits of the run answered. ``accuracy`` is the name of each
    → accuracy at each severity, ``drop`` what each takes of the clean accuracy, as a mean over
    severities, paired on the same images, and ``corrupted`` the mean accuracy over all
    corruptions and severities. ``seconds`` and ``images_seen`` are what finding this out cost, on
    ``images`` of the test set.
    """

    variant: str
    corruptions: tuple[CorruptionRecord, ...]
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
    asked = [
        by_name[name]
        for name in order
        if name in by_name and all(fit.robustness is not None for fit in by_name[name].fits)
    ]
    shared = _shared([fit.robustness for each in asked for fit in each.fits if fit.robustness])
    return tuple(_borne(run, variant, shared) for variant in asked) if shared else ()


def _shared(answered: Sequence[CorruptedAnswers]) -> tuple[CorruptionRecord, ...]:
    """Return the corruptions that are in every table; an older one may lack some."""
    if not answered:
        return ()
    sizes = [
        {name: columns.shape[1] for name, columns in each.answers.items()} for each in answered
    ]
    return tuple(
        corruption
        for corruption in answered[0].corruptions
        if len({size.get(corruption.name) for size in sizes}) == 1
    )


def _borne(
    run: RunResults, variant: VariantResults, shared: Sequence[CorruptionRecord]
) -> VariantRobustness:
    answered = [fit.robustness for fit in variant.fits if fit.robustness is not None]
    pictures = _pictures(variant.fits[0], answered[0])
    clean = np.mean([each.clean == each.labels for each in answered], axis=0)
    right = {
        corruption.name: np.mean(
            [each.answers[corruption.name] == each.labels[:, None] for each in answered], axis=0
        )
        for corruption in shared
    }
    everything = np.mean([part.mean(axis=1) for part in right.values()], axis=0)
    spent = [e for e in run.events("robustness") if e.get("variant") == variant.name]
    last = {event.get("seed"): event for event in spent}.values()
    return VariantRobustness(
        variant=variant.name,
        corruptions=tuple(shared),
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
        images_seen=sum(event.get("images_seen", 0) for event in last),
        seconds=sum(event.get("seconds", 0.0) for event in last),
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
