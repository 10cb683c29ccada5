"""What makes a mean over seeds uncertain, and the intervals and p-values that follow from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit
from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from benchmarks.evaluation.bootstrap import Estimate

LEVEL = 0.95
LEAST = 1e-100
UPPER = 0.75
NOTHING = 1e-12

HALF_WIDTH = float(ndtri((1 + LEVEL) / 2))
"""Standard errors from the middle of a normal 95 % interval to either end."""

Fits = NDArray[np.intp]


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval, whose ends are NaN where it is unknown."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Uncertainty:
    """The variance of a mean over seeds, or of the difference of two, by its sources.

    ``images`` is the variance over resampled test images for these very fits; ``seeds`` what
    the spread between seeds adds to it, known with ``degrees`` of freedom, or ``None`` where
    there is a single seed and it cannot be known. Fits of different seeds also differ by which
    images they happen to get right; ``shared`` is that part of ``images``, which more seeds
    would make smaller.
    """

    images: float
    seeds: float | None = None
    degrees: float = np.inf
    shared: float = 0.0

    @property
    def images_error(self) -> float:
        """The standard error that the choice of test images causes."""
        return float(np.sqrt(self.images))

    @property
    def seeds_error(self) -> float | None:
        """The standard error that the seeds cause beyond that of the images."""
        return None if self.seeds is None else float(np.sqrt(self.seeds))

    def interval(
        self, value: float, *, fraction: bool = False, images: float | None = None
    ) -> tuple[float, float]:
        """Return the 95 % interval of ``value``.

        The images' part is normal; for a ``fraction`` of 1 it is Wilson's (1927) with the
        effective number of images that gives this variance (Korn & Graubard 1998, Survey
        Methodology 24:193), so that it stays within 0 and 1. The seeds' part is Student's,
        because percentiles of a few resampled seeds cover too little. Both are added as
        squares (Howe 1974, J. Am. Stat. Assoc. 69:789; with unequal arms: Zou & Donner 2008,
        Stat. Med. 27:1693). The coverage is between 93 and 97 % from three seeds on; with two
        that differ more than images explain it sinks to 90 %.

        Where no resample differs, ``images`` stands for the effective number; without it
        nothing is known and both ends are NaN.
        """
        arms = self._arms(value, fraction, images)
        student = float(stdtrit(self.degrees, (1 + LEVEL) / 2))
        low, high = np.sqrt(arms**2 + student**2 * (self.seeds or 0.0))
        ends = value - float(low), value + float(high)
        return (max(ends[0], 0.0), min(ends[1], 1.0)) if fraction else ends

    def _arms(self, value: float, fraction: bool, images: float | None) -> NDArray[np.float64]:
        if not fraction:
            return np.full(2, HALF_WIDTH * self.images_error if self.images > 0 else np.nan)
        if self.images > 0 and 0 < value < 1:
            images = value * (1 - value) / self.images
        if images is None:
            return np.full(2, np.nan)
        low, high = wilson(value, images)
        return np.array([value - low, high - value])

    def p_value(self, difference: float) -> float:
        """Return the two-sided p-value of ``difference`` against none.

        It is the level at which `interval`, at that level, would end at zero. Where nothing
        varies, nothing is known: 1.
        """
        if difference == 0 or self.images + (self.seeds or 0.0) <= 0:
            return 1.0

        def beyond(logarithm: float) -> float:
            return self._reach(float(np.exp(logarithm))) - abs(difference)

        if beyond(float(np.log(LEAST))) <= 0:
            return LEAST
        return float(np.exp(brentq(beyond, np.log(LEAST), 0.0, xtol=1e-10)))

    def resolvable(self, level: float, power: float) -> float:
        """Return the true difference that `p_value` finds at ``level`` with ``power``."""
        error = np.sqrt(self.images + (self.seeds or 0.0))
        return self._reach(level) + float(ndtri(power) * error)

    def with_many_seeds(self) -> Uncertainty:
        """Return what would be left if the number of seeds grew without bound."""
        return Uncertainty(max(self.images - self.shared, 0.0), 0.0)

    def _reach(self, level: float) -> float:
        """Return the half-width of the interval whose error rate is ``level``."""
        normal, student = float(ndtri(level / 2)), float(stdtrit(self.degrees, level / 2))
        return float(np.sqrt(normal**2 * self.images + student**2 * (self.seeds or 0.0)))


@dataclass(frozen=True)
class SeedFloor:
    """The least variance between seeds that a comparison reckons with, beyond the images'."""

    variance: float = 0.0
    degrees: float = 0.0


NO_FLOOR = SeedFloor()


def estimate_means(values: NDArray[Any], clusters: NDArray[Any]) -> Estimate:
    """Return the means of F rows of ``values`` (F×N) and how they vary over the images.

    ``clusters`` (N, of any kind) names the picture of each image: identical copies are one piece
    of evidence. The covariance is what `bootstrap` tends to for a mean (Davison & Hinkley 1997,
    Bootstrap Methods and their Application, section 3.8).
    """
    rows = np.asarray(values, np.float64)
    means = rows.mean(axis=1)
    names, place = np.unique(clusters, return_inverse=True)
    away = np.stack([np.bincount(place, row - mean) for row, mean in zip(rows, means, strict=True)])
    covariance = away @ away.T / rows.shape[1] ** 2 * len(names) / max(len(names) - 1, 1)
    return Estimate(means, covariance)


def apart(one: Estimate, other: Estimate) -> Estimate:
    """Join two estimates on different images: their fits do not covary."""
    ours = len(one.scores)
    covariance = np.zeros((ours + len(other.scores),) * 2)
    covariance[:ours, :ours], covariance[ours:, ours:] = one.covariance, other.covariance
    return Estimate(np.concatenate([one.scores, other.scores]), covariance)


def weighted(estimate: Estimate, weights: NDArray[np.float64]) -> Estimate:
    """Return what ``weights`` (G×F) make of F scores: G sums of them, with their covariance."""
    return Estimate(weights @ estimate.scores, weights @ estimate.covariance @ weights.T)


def mean_interval(values: NDArray[Any], clusters: NDArray[Any], *, fraction: bool) -> Interval:
    """Return the mean of ``values`` (N) and its interval over the pictures ``clusters`` (N).

    ``fraction`` tells a share of 1, whose interval stays within 0 and 1.
    """
    estimate, unique_images = estimate_means(values[None], clusters), len(np.unique(clusters))
    value = float(estimate.scores[0])
    uncertainty = Uncertainty(float(estimate.covariance[0, 0]))
    ends = uncertainty.interval(value, fraction=fraction, images=float(unique_images))
    return Interval(value, *ends)


def of_mean(estimate: Estimate, fits: Fits, floor: SeedFloor = NO_FLOOR) -> Uncertainty:
    """Return the uncertainty of the mean score of ``fits``, a variant's places in ``estimate``.

    Where the ``floor`` is larger than the spread between their seeds, it stands for that.
    """
    images = float(estimate.covariance[np.ix_(fits, fits)].mean())
    if len(fits) == 1:
        return Uncertainty(images)
    spread, own = _spread(estimate, fits)
    return Uncertainty(
        images=max(images, 0.0),
        seeds=max(spread - own, floor.variance, 0.0) / len(fits),
        degrees=max(floor.degrees, len(fits) - 1),
        shared=own / len(fits),
    )


def of_difference(estimate: Estimate, ours: Fits, theirs: Fits, floor: SeedFloor) -> Uncertainty:
    """Return the uncertainty of the mean score of ``ours`` less that of ``theirs``.

    Images are paired, seeds are not: each variant has its own spread, or the ``floor`` where
    that is larger. If one of the two has a single seed, the seeds' part is unknown.
    """
    pair = ours, theirs
    crossed = float(estimate.covariance[np.ix_(ours, theirs)].mean())
    images = max(sum(of_mean(estimate, fits).images for fits in pair) - 2 * crossed, 0.0)
    if min(map(len, pair)) == 1:
        return Uncertainty(images)
    seeds = shared = 0.0
    own_parts = []
    for fits in pair:
        spread, own = _spread(estimate, fits)
        if spread > NOTHING or own > NOTHING:
            seeds += max(spread - own, floor.variance) / len(fits)
            shared += own / len(fits)
        own_parts.append((spread / len(fits), len(fits) - 1))
    degrees = max(floor.degrees, _welch(own_parts))
    return Uncertainty(images, seeds, degrees, shared)


def _welch(parts: list[tuple[float, int]]) -> float:
    """Return Welch's (1947) degrees of freedom of a sum of variances with their own."""
    squares = sum(variance**2 / degrees for variance, degrees in parts)
    return sum(variance for variance, _ in parts) ** 2 / squares if squares > 0 else 1.0


def seed_floor(estimate: Estimate, variants: Iterable[Fits]) -> SeedFloor:
    """Return the floor for comparisons: the upper quartile of the spreads of all ``variants``.

    Three seeds often lie close together by luck, and the far tail in which a correction for
    many pairs looks is full of such cases; a Student quantile that guards against them would
    find no difference at all. A floor taken from all variants guards as well (as the quantile
    s₀ of Tusher, Tibshirani & Chu 2001, PNAS 98:5116), and a quarter of them may be unstable
    without blurring the others. Each spread is divided by what the quartile of its χ²
    distribution is where all are alike. The degrees of freedom are half of all, as a quartile
    is about half as sure as a mean. Variants whose seeds all answer alike are left out.

    The error rate over all pairs stays under 5 % unless the spreads of the variants are of
    different orders: with one whose seeds lie ten points apart among others that hardly
    differ, it is 6 to 8 % with three seeds, and up to 15 % with two.
    """
    several = [fits for fits in variants if len(fits) > 1]
    spreads = [(*_spread(estimate, fits), len(fits) - 1) for fits in several]
    living = [each for each in spreads if each[0] > NOTHING or each[1] > NOTHING]
    if not living:
        return SeedFloor()
    scaled = [spread * degrees / chi2.ppf(UPPER, degrees) for spread, _, degrees in living]
    images = float(np.median([own for _, own, _ in living]))
    return SeedFloor(
        variance=max(float(np.quantile(scaled, UPPER)) - images, 0.0),
        degrees=sum(degrees for _, _, degrees in living) / 2,
    )


def _spread(estimate: Estimate, fits: Fits) -> tuple[float, float]:
    """Return the variance between seeds, and the part of it that is chance over images."""
    covariance = estimate.covariance[np.ix_(fits, fits)]
    size = len(fits)
    own = float(np.trace(covariance)) / size
    common = (float(covariance.sum()) - own * size) / (size * (size - 1))
    return float(estimate.scores[fits].var(ddof=1)), max(own - common, 0.0)


def wilson(share: float, images: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a ``share`` of ``images``, which need not be whole."""
    low, high = proportion_confint(share * images, images, alpha=1 - LEVEL, method="wilson")
    return float(low), float(high)
