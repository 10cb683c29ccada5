"""What averaging over several views of an image is worth, beside the image as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation.comparison import never_nothing
from benchmarks.evaluation.uncertainty import Interval, estimate_means, of_mean
from benchmarks.protocol.views import SIZES, View
from benchmarks.store.records import Predictions, RunResults, VariantResults


@dataclass(frozen=True)
class ViewAccuracy:
    """The accuracy of a row on average over views; every value is a mean over its seeds.

    ``validation`` is that on the validation images, ``test`` that on the test images with its
    95 % interval over images and seeds; ``without_duplicates`` is the same on the test images that
    stand in no other split, ``None`` where there is none. ``gain`` and ``validation_gain`` are what
    they are above the accuracy on the single image; that of test is paired image by image and seed
    by seed.
    """

    view: View
    validation: float
    validation_gain: float
    test: Interval
    gain: Interval
    without_duplicates: Interval | None


def views_of(run: RunResults) -> tuple[View, ...]:
    """Return the averages that some row of ``run`` was scored on."""
    fits = [fit for row in run.rows for fit in row.fits]
    return tuple(view for view in SIZES if any(view in fit.views for fit in fits))


def view_accuracies(row: VariantResults, shared: NDArray[np.bool_]) -> tuple[ViewAccuracy, ...]:
    """Return the accuracies of a ``row`` on each average that all of its fits have.

    ``shared`` tells of each test image whether another split holds it too.
    """
    return tuple(
        _accuracy(row, view, ~shared)
        for view in SIZES
        if row.ranked and all(view in fit.views for fit in row.fits)
    )


def _accuracy(row: VariantResults, view: View, alone: NDArray[np.bool_]) -> ViewAccuracy:
    validations = [fit.views[view].validation.accuracy for fit in row.fits]
    single = [fit.validation.accuracy for fit in row.fits]
    tests = [fit.views[view].test for fit in row.fits]
    right = _right(tests)
    return ViewAccuracy(
        view=view,
        validation=float(np.mean(validations)),
        validation_gain=float(np.mean(validations) - np.mean(single)),
        test=_interval(right, tests, fraction=True),
        gain=_interval(right - _right([fit.test for fit in row.fits]), tests, fraction=False),
        without_duplicates=_accuracy_of([test.only(alone) for test in tests]),
    )


def _accuracy_of(tests: Sequence[Predictions]) -> Interval | None:
    return _interval(_right(tests), tests, fraction=True) if len(tests[0].labels) else None


def _right(tests: Sequence[Predictions]) -> NDArray[np.float64]:
    """Return fits × images: 1 where the answer is right."""
    return np.stack([test.correct for test in tests]).astype(np.float64)


def _interval(
    values: NDArray[np.float64], tests: Sequence[Predictions], *, fraction: bool
) -> Interval:
    """Return the mean of ``values``, fits × images, with its interval over images and seeds."""
    pictures = tests[0].image_ids
    uncertainty = of_mean(estimate_means(values, pictures), np.arange(len(tests)))
    value, images = float(values.mean()), len(np.unique(pictures))
    if not fraction:
        uncertainty = never_nothing(uncertainty, images)
    return Interval(value, *uncertainty.interval(value, fraction=fraction, images=float(images)))
