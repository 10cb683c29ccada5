"""Temperature scaling: what a variant's calibration becomes once validation has corrected it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import log_loss

from benchmarks.evaluation.calibration import (
    Floats,
    Reliability,
    calibration_error,
    fit_temperature,
    reliability,
    tempered,
)
from benchmarks.store.records import FitResults, Predictions


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
    classes = range(shares[0].shape[1])
    labels, pooled = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return Calibrated(
        error=float(np.mean([calibration_error(*pair) for pair in pairs])),
        log_loss=float(np.mean([log_loss(*pair, labels=classes) for pair in pairs])),
        reliability=reliability(labels, pooled),
    )
