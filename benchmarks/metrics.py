"""The metrics: what each is computed by, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    recall_score,
)

from benchmarks.evaluation.calibration import calibration_error

Labels = NDArray[np.int64]


Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A number that says how good predictions are.

    ``function`` takes labels (int64, N) and probabilities (float64, N×K, rows summing to 1).
    ``fraction`` tells a share of 1, shown in per cent, from a quantity of its own.
    """

    name: str
    label: str
    definition: str
    function: Callable[[Labels, Probabilities], float]
    higher_is_better: bool = True
    fraction: bool = True


def _accuracy(labels: Labels, probabilities: Probabilities) -> float:
    return float(accuracy_score(labels, probabilities.argmax(axis=1)))


def _macro_f1(labels: Labels, probabilities: Probabilities) -> float:
    every = range(probabilities.shape[1])
    answers = probabilities.argmax(axis=1)
    return float(f1_score(labels, answers, labels=every, average="macro", zero_division=0))


def _balanced_accuracy(labels: Labels, probabilities: Probabilities) -> float:
    answers = probabilities.argmax(axis=1)
    return float(recall_score(labels, answers, labels=np.unique(labels), average="macro"))


def _log_loss(labels: Labels, probabilities: Probabilities) -> float:
    return float(log_loss(labels, probabilities, labels=range(probabilities.shape[1])))


METRICS = (
    Metric(
        "accuracy",
        "Accuracy",
        "Share of the images whose most probable class is their label.",
        _accuracy,
    ),
    Metric(
        "macro_f1",
        "Macro-F1",
        "Mean over the classes of F1, the harmonic mean of precision and recall; "
        "every class counts alike.",
        _macro_f1,
    ),
    Metric(
        "balanced_accuracy",
        "Balanced accuracy",
        "Mean recall of the classes that occur: accuracy as if all classes were equally frequent.",
        _balanced_accuracy,
    ),
    Metric(
        "log_loss",
        "Log-loss",
        "Mean negative natural logarithm of the probability given to the label; "
        "lower is better, and confident mistakes cost most.",
        _log_loss,
        higher_is_better=False,
        fraction=False,
    ),
    Metric(
        "calibration_error",
        "Calibration error",
        "Expected calibration error (Guo et al. 2017): mean gap between the confidence of the "
        "answers and the share of them that is right, over 15 equally wide bins of confidence; "
        "lower is better.",
        calibration_error,
        higher_is_better=False,
    ),
)
