"""Calibration: what a variant's becomes once temperatures fitted on validation correct it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from benchmarks.metrics import Floats, Reliability, calibration_error, metric_of, reliability
from benchmarks.store.records import FitResults, Predictions

HOTTEST = 20.0
"""The highest temperature that is fitted, and one over the lowest."""
TINY = float(np.finfo(np.float64).eps)
"""What a probability of zero counts as, as in the log-loss."""


@dataclass(frozen=True, eq=False)
class Calibrated:
    """The calibration of test answers: ``error`` and ``log_loss`` are means over seeds.

    ``reliability`` has the answers of all seeds in its bins.
    """

    error: float
    log_loss: float
    reliability: Reliability


@dataclass(frozen=True, eq=False)
class Scaling:
    """Test answers ``before`` and ``after`` scaling, and the temperature of each fit."""

    temperatures: tuple[float, ...]
    before: Calibrated
    after: Calibrated


def scaling(fits: Sequence[FitResults]) -> Scaling | None:
    """Scale the test answers of ``fits`` by temperatures fitted on their validation answers.

    ``None`` where a fit has no validation answers. The answered class never changes.
    """
    if not all(len(fit.validation.labels) for fit in fits):
        return None
    temperatures = tuple(
        fit_temperature(fit.validation.labels, fit.validation.probabilities) for fit in fits
    )
    tests = [fit.test for fit in fits]
    shares = [
        tempered(test.probabilities, temperature)
        for test, temperature in zip(tests, temperatures, strict=True)
    ]
    before = _calibrated(tests, [test.probabilities for test in tests])
    return Scaling(temperatures, before, _calibrated(tests, shares))


def _calibrated(tests: Sequence[Predictions], shares: Sequence[Floats]) -> Calibrated:
    pairs = [(test.labels, each) for test, each in zip(tests, shares, strict=True)]
    labels, pooled = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return Calibrated(
        error=float(np.mean([calibration_error(*pair) for pair in pairs])),
        log_loss=float(np.mean([metric_of("log_loss").function(*pair) for pair in pairs])),
        reliability=reliability(labels, pooled),
    )


def fit_temperature(labels: NDArray[np.int64], probabilities: Floats) -> float:
    """Return the temperature that makes the log-loss of these answers least (Guo et al. 2017).

    ``labels``: int64, N. ``probabilities``: float64, N×K, rows summing to 1. It lies between
    1/20 and 20 and is over 1 where the answers are too sure. A softmax's logits are the logarithms
    of its probabilities but for a constant, so that nothing else is needed.
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
