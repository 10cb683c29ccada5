"""Calibration: whether answers given with 70 % confidence are right in 70 % of the cases."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

BINS = 15
HOTTEST = 20.0
"""The highest temperature that is fitted, and one over the lowest."""
TINY = float(np.finfo(np.float64).eps)
"""What a probability of zero counts as, as in the log-loss."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """The images of each bin of confidence, the bins being equally wide and each above its edge.

    ``counts``: int64, B. ``confidence`` and ``accuracy``: float64, B, their means over a bin's
    images, NaN in an empty bin.
    """

    counts: NDArray[np.int64]
    confidence: Floats
    accuracy: Floats

    @property
    def error(self) -> float:
        """The expected calibration error: the mean gap between the two, weighted by images."""
        filled = self.counts > 0
        gaps = np.abs(self.confidence[filled] - self.accuracy[filled])
        return float(gaps @ self.counts[filled] / self.counts.sum())


def reliability(
    labels: NDArray[np.int64], probabilities: Floats, *, bins: int = BINS
) -> Reliability:
    """Sort answers into ``bins`` by their confidence (Guo et al. 2017, arXiv:1706.04599).

    ``labels``: int64, N, at least one. ``probabilities``: float64, N×K, rows summing to 1; the
    confidence is that of the answered class. A bin holds its upper edge and not its lower one.
    """
    confidence = probabilities.max(axis=1)
    edges = np.linspace(0, 1, bins + 1)
    place = np.digitize(confidence, edges[1:-1], right=True)
    counts = np.bincount(place, minlength=bins)
    sums = np.bincount(place, confidence, minlength=bins)
    right = np.bincount(place, probabilities.argmax(axis=1) == labels, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(counts, sums / counts, right / counts)


def calibration_error(labels: NDArray[np.int64], probabilities: Floats) -> float:
    """Return the expected calibration error in 15 bins, between 0 and 1."""
    return reliability(labels, probabilities).error


def fit_temperature(labels: NDArray[np.int64], probabilities: Floats) -> float:
    """Return the temperature that makes the log-loss of these answers least (Guo et al. 2017).

    Shapes are those of `reliability`. It lies between 1/20 and 20 and is over 1 where the
    answers are too sure. A softmax's logits are the logarithms of its probabilities but for a
    constant, so that nothing else is needed.
    """
    logits = _logits(probabilities)
    of_label = logits[np.arange(len(labels)), labels]

    def loss(logarithm: float) -> float:
        inverse = math.exp(-logarithm)
        totals = np.exp(inverse * logits).sum(axis=1)
        return float(np.mean(np.log(totals) - inverse * of_label))

    furthest = math.log(HOTTEST)
    found = minimize_scalar(
        loss, bounds=(-furthest, furthest), method="bounded", options={"xatol": 1e-4}
    )
    return math.exp(found.x)


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Return ``probabilities`` (float64, N×K) with their logits divided by ``temperature``."""
    powers = np.exp(_logits(probabilities) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


def _logits(probabilities: Floats) -> Floats:
    """Return logits whose largest in each row is zero."""
    logits = np.log(np.maximum(probabilities, TINY))
    return np.asarray(logits - logits.max(axis=1, keepdims=True), np.float64)
