"""The bootstrap: how the scores of all fits vary together when the test images are drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks import metrics
from benchmarks.metrics import Counts, Floats
from benchmarks.store.records import Predictions

RESAMPLES = 10_000
FEWEST = 1_000
SEED = 0
MOST_PRODUCTS = 10**11
MOST_CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Estimate:
    """One score of F fits on the same images.

    ``scores``: float64, F. ``covariance``: float64, F×F, of the scores over resampled images.
    """

    scores: Floats
    covariance: Floats


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Every score of every fit with its covariance over images.

    ``metrics`` is metric → estimate; ``class_precision``, ``class_recall`` and ``class_f1``
    hold one estimate for each class. ``images`` is the number of test images,
    ``unique_images`` that of the different ones; ``labelled`` (int64, K) and ``answered``
    (int64, F×K) those of each class, by their label and by each fit's answers.
    """

    metrics: dict[str, Estimate]
    class_precision: tuple[Estimate, ...]
    class_recall: tuple[Estimate, ...]
    class_f1: tuple[Estimate, ...]
    images: int
    unique_images: int
    labelled: NDArray[np.int64]
    answered: NDArray[np.int64]


def bootstrap(
    tests: Sequence[Predictions],
    *,
    resamples: int | None = None,
    seed: int = SEED,
) -> Bootstrap:
    """Resample the test images of ``tests``, which all hold the same images and classes.

    Every metric that has a resampled form has an estimate.

    Each resample draws as many different pictures as there are, with replacement, and takes
    every copy of a drawn picture with it: identical copies are one piece of evidence, not
    several (cluster bootstrap; Davison & Hinkley 1997, Bootstrap Methods and their
    Application, section 3.8). All fits get the same resamples, so differences are paired.
    ``resamples`` defaults to 10,000; to fewer, but never under 1,000, where fits × classes ×
    images are so many that 10,000 would take minutes. It keeps to one thread, so that the sums
    are the same to the last digit on any number of them. Seeds are no part of it: see
    `benchmarks.evaluation.uncertainty`.
    """
    unique_images, unique_of = np.unique(tests[0].image_ids, return_inverse=True)
    tally = _Tally.of(tests, unique_of, len(unique_images))
    wanted = resamples or _affordable(tally)
    resampled = {m.name: m.resampled for m in metrics.METRICS if m.resampled is not None}
    with threadpool_limits(1):
        observed = tally.scores(resampled.values(), np.ones((1, len(unique_images))))
        moments = [_Moments(each[:, 0]) for each in observed]
        for weights in _draws(wanted, tally.counts.shape, seed):
            for moment, scores in zip(
                moments, tally.scores(resampled.values(), weights), strict=True
            ):
                moment.add(scores)
    estimates, precision, recall, f1 = (moment.estimates(len(unique_images)) for moment in moments)
    return Bootstrap(
        metrics=dict(zip(resampled, estimates, strict=True)),
        class_precision=precision,
        class_recall=recall,
        class_f1=f1,
        images=len(unique_of),
        unique_images=len(unique_images),
        labelled=tally.labelled,
        answered=tally.answered,
    )


class _Scores(NamedTuple):
    """Scores under R weights of the images, float64: M×R×F, and for each of K classes K×R×F."""

    metrics: Floats
    precision: Floats
    recall: Floats
    f1: Floats


class _Moments:
    """How far scores lie from the ``observed`` ones (M×F), summed over resamples."""

    def __init__(self, observed: Floats) -> None:
        self._observed = observed
        self._shifts = np.zeros_like(observed)
        self._products = np.zeros((*observed.shape, observed.shape[1]))
        self._resamples = 0

    def add(self, scores: Floats) -> None:
        """Count in a block of resamples, M×R×F."""
        away = scores - self._observed[:, None]
        self._shifts += away.sum(axis=1)
        self._products += away.transpose(0, 2, 1) @ away
        self._resamples += scores.shape[1]

    def estimates(self, unique_images: int) -> tuple[Estimate, ...]:
        """Return the M estimates; their covariance is that of images drawn from many more."""
        outer = self._shifts[:, :, None] * self._shifts[:, None] / self._resamples
        covariance = (self._products - outer) / max(self._resamples - 1, 1)
        covariance *= unique_images / max(unique_images - 1, 1)
        return tuple(Estimate(*both) for both in zip(self._observed, covariance, strict=True))


@dataclass(frozen=True, eq=False)
class _Tally:
    """What each of P pictures adds to the counts that the scores are made of.

    ``counts``: float32, P×(F·2K + K): for each fit the images of each class that it answered
    rightly and those that it answered so, then the images of each class. Sums of them are
    exact in float32. ``losses``: float64, P×F, the negative logarithms of the labels' shares.
    """

    counts: NDArray[np.float32]
    losses: Floats
    fits: int
    classes: int

    @classmethod
    def of(cls, tests: Sequence[Predictions], unique_of: NDArray[np.intp], size: int) -> _Tally:
        """Count ``tests``, whose image ``i`` shows picture ``picture_of[i]`` of ``size``."""
        labels, classes = tests[0].labels, tests[0].probabilities.shape[1]
        counts = np.zeros((size, (2 * len(tests) + 1) * classes), np.float32)
        losses = np.zeros((size, len(tests)))
        for place, test in enumerate(tests):
            right = test.correct
            first = 2 * place * classes
            np.add.at(counts, (unique_of[right], first + labels[right]), 1)
            np.add.at(counts, (unique_of, first + classes + test.answers), 1)
            np.add.at(losses[:, place], unique_of, _losses(test))
        np.add.at(counts, (unique_of, 2 * len(tests) * classes + labels), 1)
        return cls(counts, losses, len(tests), classes)

    @property
    def labelled(self) -> NDArray[np.int64]:
        """How many pictures have each class as their label, int64, K."""
        return np.asarray(np.count_nonzero(self.counts[:, -self.classes :], axis=0), np.int64)

    @property
    def answered(self) -> NDArray[np.int64]:
        """How many pictures each fit answered as each class, int64, F×K."""
        numbers = np.count_nonzero(self.counts[:, : -self.classes], axis=0)
        return np.asarray(numbers.reshape(self.fits, 2, self.classes)[:, 1], np.int64)

    def scores(
        self, resampled: Iterable[Callable[[Counts], Floats]], weights: NDArray[np.float32] | Floats
    ) -> _Scores:
        """Return the scores under ``weights`` (R×P) of ``resampled`` metrics and of each class."""
        counts = self._counts(weights)
        of_classes = (counts.precision, counts.recall, counts.f1)
        return _Scores(
            np.stack([metric(counts) for metric in resampled]),
            *(np.ascontiguousarray(np.moveaxis(each, 2, 0)) for each in of_classes),
        )

    def _counts(self, weights: NDArray[np.float32] | Floats) -> Counts:
        sums = (weights.astype(np.float32) @ self.counts).astype(np.float64)
        parts = sums[:, : -self.classes].reshape(len(sums), self.fits, 2, self.classes)
        return Counts(
            right=parts[:, :, 0],
            answered=parts[:, :, 1],
            labelled=sums[:, None, -self.classes :],
            losses=weights.astype(np.float64) @ self.losses,
            present=self.labelled > 0,
        )


def _losses(test: Predictions) -> Floats:
    shares = test.probabilities[np.arange(len(test.labels)), test.labels]
    tiny = np.finfo(np.float64).eps
    return np.asarray(-np.log(np.clip(shares, tiny, 1 - tiny)), np.float64)


def _draws(resamples: int, shape: tuple[int, ...], seed: int) -> Iterator[NDArray[np.float32]]:
    """Yield blocks of resamples as float32, R×P: how often each picture was drawn.

    ``shape`` is that of the counts; neither R×P nor R times their columns is ever large.
    """
    rng, unique_images = np.random.default_rng(seed), shape[0]
    block = max(1, MOST_CELLS // max(shape))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(unique_images, size=(size, unique_images))
        drawn += np.arange(size)[:, None] * unique_images
        counts = np.bincount(drawn.ravel(), minlength=size * unique_images)
        yield counts.reshape(size, unique_images).astype(np.float32)


def _affordable(tally: _Tally) -> int:
    return int(np.clip(MOST_PRODUCTS // tally.counts.size, FEWEST, RESAMPLES))
