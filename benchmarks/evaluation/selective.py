"""Selective prediction: how much better the answers are if the least confident are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.store.records import Predictions

Floats = NDArray[np.float64]

SHARES: Floats = np.linspace(0.02, 1, 50)
"""The shares of the images kept at which the accuracy is told."""


@dataclass(frozen=True, eq=False)
class Selective:
    """Means over seeds: ``accuracies`` of the images kept at ``SHARES``, and ``risk_area``.

    ``risk_area`` is the area under the curve of risk, the share of wrong answers among those
    kept, over coverage (AURC; Geifman & El-Yaniv 2017, arXiv:1705.08500): lower is better.
    """

    accuracies: Floats
    risk_area: float

    def at(self, share: float) -> float:
        """Return the accuracy of the ``share`` of the images that are kept."""
        return float(np.interp(share, SHARES, self.accuracies))


def selective(tests: Sequence[Predictions]) -> Selective:
    """Refuse the least confident answers of ``tests``, the answers of each seed, one by one.

    Answers are refused by the probability of the answered class (El-Yaniv & Wiener 2010,
    J. Mach. Learn. Res. 11:1605); those that are equally confident in random order, of which
    the mean is taken.
    """
    kept = [_right_among_kept(test) for test in tests]
    images = np.arange(len(kept[0]))
    counts = SHARES * images[-1]
    accuracies = [np.interp(counts, images, right) / counts for right in kept]
    risks = [1 - (right[1:] / images[1:]).mean() for right in kept]
    return Selective(np.mean(accuracies, axis=0), float(np.mean(risks)))


def _right_among_kept(test: Predictions) -> Floats:
    """Return how many of the n most confident answers are right, for n from 0 to N."""
    confidence = test.probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    sure = confidence[order]
    ends = np.flatnonzero(np.append(sure[1:] < sure[:-1], True)) + 1
    right = np.concatenate([[0], np.cumsum(test.correct[order])])
    places = np.append(0, ends)
    return np.asarray(np.interp(np.arange(len(right)), places, right[places]), np.float64)
