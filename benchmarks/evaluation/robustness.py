"""Robustness: the accuracy under corruptions, and how much of it each corruption takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation.uncertainty import Interval, mean_interval
from benchmarks.store.records import (
    CorruptedAnswers,
    CorruptionRecord,
    FitResults,
    RobustnessSpent,
    RunResults,
    VariantResults,
)


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
    clean: Interval
    corrupted: Interval
    accuracy: Mapping[str, tuple[Interval, ...]]
    drop: Mapping[str, Interval]
    images_seen: int
    seconds: float


def robustness(run: RunResults, order: Sequence[str]) -> tuple[VariantRobustness, ...]:
    """Return what each variant bears whose every fit was asked; ``order`` is best first."""
    by_name = {variant.name: variant for variant in run.ranked}
    variants = [
        by_name[name]
        for name in order
        if name in by_name and all(fit.robustness is not None for fit in by_name[name].fits)
    ]
    shared = _shared([fit.robustness for each in variants for fit in each.fits if fit.robustness])
    return tuple(_variant(run, variant, shared) for variant in variants) if shared else ()


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


def _variant(
    run: RunResults, variant: VariantResults, shared: Sequence[CorruptionRecord]
) -> VariantRobustness:
    answered = [fit.robustness for fit in variant.fits if fit.robustness is not None]
    image_ids = _image_ids(variant.fits[0], answered[0])
    clean = np.mean([each.clean == each.labels for each in answered], axis=0)
    right = {
        corruption.name: np.mean(
            [each.answers[corruption.name] == each.labels[:, None] for each in answered], axis=0
        )
        for corruption in shared
    }
    everything = np.mean([part.mean(axis=1) for part in right.values()], axis=0)
    spent = [event for event in run.events(RobustnessSpent) if event.variant == variant.name]
    last = {event.seed: event for event in spent}.values()
    return VariantRobustness(
        variant=variant.name,
        corruptions=tuple(shared),
        images=len(clean),
        clean=mean_interval(clean, image_ids, fraction=True),
        corrupted=mean_interval(everything, image_ids, fraction=True),
        accuracy={
            corruption: tuple(mean_interval(column, image_ids, fraction=True) for column in part.T)
            for corruption, part in right.items()
        },
        drop={
            corruption: mean_interval(clean - part.mean(axis=1), image_ids, fraction=False)
            for corruption, part in right.items()
        },
        images_seen=sum(event.images_seen for event in last),
        seconds=sum(event.seconds for event in last),
    )


def _image_ids(fit: FitResults, answered: CorruptedAnswers) -> NDArray[np.str_]:
    """Name the picture of each image: copies are one piece of evidence."""
    return np.asarray(fit.test.image_ids[np.searchsorted(fit.test.rows, answered.rows)])
