"""What one fit's answers score: every metric, and the confusion matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from benchmarks import metrics
from benchmarks.store.records import Predictions


def score(predictions: Predictions) -> dict[str, float]:
    """Return every metric by name."""
    return {
        metric.name: metric.function(predictions.labels, predictions.probabilities)
        for metric in metrics.METRICS
    }


def confusion(predictions: Predictions) -> NDArray[np.int64]:
    """Count images, int64 K×K: the row is the label, the column the answer."""
    every = range(predictions.probabilities.shape[1])
    counts = confusion_matrix(predictions.labels, predictions.answers, labels=every)
    return np.asarray(counts, np.int64)


def row_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide each row of a confusion matrix by its sum; a row without images is NaN."""
    with np.errstate(invalid="ignore"):
        return np.asarray(counts / counts.sum(axis=1, keepdims=True), np.float64)
