"""What makes a mean over seeds uncertain, and the intervals and p-values that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit
from statsmodels.stats.proportion import proportion_confint

from benchmarks.evaluation.bootstrap import Estimate

LEVEL = 0.95
LEAST = 1e-100

Fits = NDArray[np.intp]


@dataclass(frozen=True)
class Uncertainty:
    """The variance of a mean over seeds, or of the difference of two, by its sources.

    ``images`` is the variance over resampled test images for these very fits; ``seeds`` the
    variance over seeds that their observed spread implies, with ``degrees`` of freedom, or
    ``None`` where there is a single seed and it cannot be known. Fits of different seeds also
    differ by which images they happen to get right: that part, ``shared``, is in both.
    """

    images: float
    seeds: float | None = None
    shared: float = 0.0
    degrees: float = np.inf

    @property
    def images_error(self) -> float:
        """The standard error that the choice of test images causes."""
        return float(np.sqrt(self.images))

    @property
    def seeds_error(self) -> float | None:
        """The standard error that the seeds cause beyond that of the images."""
        return None if self.seeds is None else float(np.sqrt(self._beyond_images()))

    def _beyond_images(self) -> float:
        return max((self.seeds or 0.0) - self.shared, 0.0)

    def interval(
        self, value: float, *, fraction: bool = False, images: float | None = None
    ) -> tuple[float, float]:
        """Return the 95 % interval of ``value``.

        The images' part is normal; for a ``fraction`` of 1 it is Wilson's (1927) with the
        effective number of images that gives this variance (Korn & Graubard 1998, Survey
        Methodology 24:193), so that it stays within 0 and 1. The seeds' part is Student's.
        Both are added as squares (Howe 1974, J. Am. Stat. Assoc. 69:789; with unequal arms:
        Zou & Donner 2008, Stat. Med. 27:1693), because percentiles of a few resampled seeds
        cover too little. The coverage is between 93 and 97 % from three seeds on; with two
        that differ more than images explain it sinks to 90 %.

        Where no resample differs, ``images`` stands for the effective number; without it
        nothing is known and both ends are NaN.
        """
        arms = self._arms(value, fraction, images)
        seeds = float(stdtrit(self.degrees, (1 + LEVEL) / 2)) ** 2 * self._beyond_images()
        low, high = np.sqrt(arms**2 + seeds)
        ends = value - float(low), value + float(high)
        return (max(ends[0], 0.0), min(ends[1], 1.0)) if fraction else ends

    def _arms(self, value: float, fraction: bool, images: float | None) -> NDArray[np.float64]:
        if not fraction:
            normal = float(ndtri((1 + LEVEL) / 2))
            return np.full(2, normal * self.images_error if self.images > 0 else np.nan)
        if self.images > 0 and 0 < value < 1:
            images = value * (1 - value) / self.images
        if images is None:
            return np.full(2, np.nan)
        low, high = wilson(value, images)
        return np.array([value - low, high - value])

    def p_value(self, difference: float) -> float:
        """Return the two-sided p-value of ``difference`` against none.

        It is the level at which the square of the difference equals the normal quantile's
        square times the images' variance plus Student's times the seeds'. Here ``shared``
        stands with the seeds: the test errs on the safe side (Banerjee 1960, Sankhya 22:357),
        also far out in the tail where a correction for many pairs looks. It is therefore a
        little stricter than the interval. Where nothing varies, nothing is known: 1.
        """
        images = max(self.images - self.shared, 0.0)
        seeds = self.seeds or 0.0
        if images + seeds <= 0 or difference == 0:
            return 1.0

        def excess(logarithm: float) -> float:
            half = np.exp(logarithm) / 2
            student = float(stdtrit(self.degrees, half))
            return float(ndtri(half) ** 2 * images + student**2 * seeds - difference**2)

        if excess(np.log(LEAST)) <= 0:
            return LEAST
        return float(np.exp(brentq(excess, np.log(LEAST), 0.0, xtol=1e-10)))

    def with_many_seeds(self) -> Uncertainty:
        """Return what would be left if the number of seeds grew without bound."""
        return Uncertainty(max(self.images - self.shared, 0.0), 0.0)

    def resolvable(self, level: float, power: float) -> float:
        """Return the true difference that `p_value` finds at ``level`` with ``power``."""
        images, seeds = max(self.images - self.shared, 0.0), self.seeds or 0.0
        student = float(stdtrit(self.degrees, level / 2))
        needed = np.sqrt(ndtri(level / 2) ** 2 * images + student**2 * seeds)
        return float(needed + ndtri(power) * np.sqrt(images + seeds))


def of_mean(estimate: Estimate, fits: Fits) -> Uncertainty:
    """Return the uncertainty of the mean score of ``fits``, a variant's places in ``estimate``."""
    covariance = estimate.covariance[np.ix_(fits, fits)]
    images = float(covariance.mean())
    size = len(fits)
    if size == 1:
        return Uncertainty(images)
    own = float(np.trace(covariance)) / size
    common = (covariance.sum() - own * size) / (size * (size - 1))
    return Uncertainty(
        images=max(images, 0.0),
        seeds=float(estimate.scores[fits].var(ddof=1)) / size,
        shared=max(own - common, 0.0) / size,
        degrees=size - 1,
    )


def of_difference(estimate: Estimate, ours: Fits, theirs: Fits) -> Uncertainty:
    """Return the uncertainty of the mean score of ``ours`` less that of ``theirs``.

    Images are paired, seeds are not: each variant has its own spread, and the degrees of
    freedom are Welch's (1947). If one of the two has a single seed, the seeds' part is unknown.
    """
    one, other = of_mean(estimate, ours), of_mean(estimate, theirs)
    crossed = float(estimate.covariance[np.ix_(ours, theirs)].mean())
    images = max(one.images + other.images - 2 * crossed, 0.0)
    if one.seeds is None or other.seeds is None:
        return Uncertainty(images)
    parts = one.seeds**2 / one.degrees + other.seeds**2 / other.degrees
    return Uncertainty(
        images=images,
        seeds=one.seeds + other.seeds,
        shared=one.shared + other.shared,
        degrees=(one.seeds + other.seeds) ** 2 / parts if parts > 0 else np.inf,
    )


def wilson(share: float, images: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a ``share`` of ``images``, which need not be whole."""
    low, high = proportion_confint(share * images, images, alpha=1 - LEVEL, method="wilson")
    return float(low), float(high)
