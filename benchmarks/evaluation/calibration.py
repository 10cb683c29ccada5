"""Calibration: whether answers given with 70 % confidence are right in 70 % of the cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15

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
