"""The metrics, one row each: computed from answers, resampled, chosen by, and told in words.

Others read the table as ``metrics.METRICS``, so that a row that is added later is seen by all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]

BINS = 15
"""Bins of confidence of the calibration error."""


@dataclass(frozen=True, eq=False)
class Counts:
    """What R resamples of the test images leave of F fits' answers to K classes.

    ``right`` and ``answered``: float64, R×F×K, the images of each class that are answered rightly,
    and those that are answered so. ``labelled``: float64, R×1×K, the images of each class.
    ``losses``: float64, R×F, the sums of the negative logarithms of the labels' probabilities.
    ``present``: bool, K, the classes that the test set itself has images of; a resample may miss
    one of them.
    """

    right: Floats
    answered: Floats
    labelled: Floats
    losses: Floats
    present: NDArray[np.bool_]

    @property
    def images(self) -> Floats:
        """The images of each resample, float64, R×1."""
        return np.asarray(self.labelled.sum(axis=2), np.float64)

    @property
    def precision(self) -> Floats:
        """Of each class, R×F×K; 0 where nothing is answered so."""
        return np.asarray(self.right / np.maximum(self.answered, 1), np.float64)

    @property
    def recall(self) -> Floats:
        """Of each class, R×F×K; 0 where it has no image."""
        return np.asarray(self.right / np.maximum(self.labelled, 1), np.float64)

    @property
    def f1(self) -> Floats:
        """Of each class, R×F×K; 0 where it is neither there nor answered."""
        return np.asarray(2 * self.right / np.maximum(self.labelled + self.answered, 1), np.float64)


@dataclass(frozen=True)
class Metric:
    """A number that says how good predictions are.

    ``function`` takes labels (int64, N) and probabilities (float64, N×K, rows summing to 1).
    ``resampled`` makes the same number, R×F, of `Counts`; a metric without it has no interval.
    ``validated_as`` is the column of ``history.csv`` that holds it after each epoch; a protocol's
    ``selection`` can name a metric that has one. ``fraction`` tells a share of 1, shown in per
    cent, from a quantity of its own; a fraction that is a ``share_of_images`` has an interval
    also where every image adds the same to it. ``evens_classes`` tells that rare classes count as
    much as frequent ones. ``source`` is its key in the report's bibliography.

    The page shows it before the reader has chosen columns if it is ``shown``; ``terminal`` is
    its heading in the terminal, which has no room for one that leaves it blank.
    """

    name: str
    label: str
    definition: str
    function: Callable[[Labels, Floats], float]
    resampled: Callable[[Counts], Floats] | None = None
    validated_as: str = ""
    higher_is_better: bool = True
    fraction: bool = True
    share_of_images: bool = False
    evens_classes: bool = False
    source: str = ""
    shown: bool = True
    terminal: str = ""

    @property
    def in_prose(self) -> str:
        """The label as it stands within a sentence."""
        return self.label[:1].lower() + self.label[1:]

    @property
    def heading(self) -> str:
        """The label with the unit that it is shown in."""
        return f"{self.label}, %" if self.fraction else self.label

    @property
    def meaning(self) -> str:
        """The definition, and that lower is better where that is so and it does not say it."""
        told = self.higher_is_better or "lower is better" in self.definition
        return self.definition if told else f"{self.definition} Lower is better."


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


def reliability(labels: Labels, probabilities: Floats, *, bins: int = BINS) -> Reliability:
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


def calibration_error(labels: Labels, probabilities: Floats) -> float:
    """Return the expected calibration error in 15 bins, between 0 and 1."""
    return reliability(labels, probabilities).error


def accuracy(labels: Labels, probabilities: Floats) -> float:
    """Return the share of the images whose most probable class is their label."""
    return float(accuracy_score(labels, probabilities.argmax(axis=1)))


def _macro_f1(labels: Labels, probabilities: Floats) -> float:
    answers, present = probabilities.argmax(axis=1), np.unique(labels)
    return float(f1_score(labels, answers, labels=present, average="macro", zero_division=0))


def _balanced_accuracy(labels: Labels, probabilities: Floats) -> float:
    answers = probabilities.argmax(axis=1)
    return float(recall_score(labels, answers, labels=np.unique(labels), average="macro"))


def _log_loss(labels: Labels, probabilities: Floats) -> float:
    return float(log_loss(labels, probabilities, labels=range(probabilities.shape[1])))


def _macro_f1s(counts: Counts) -> Floats:
    """Return the mean over the classes of the test set; of one that a resample misses F1 is 0."""
    return np.asarray(np.compress(counts.present, counts.f1, axis=2).mean(axis=2), np.float64)


def _balanced_accuracies(counts: Counts) -> Floats:
    """Return the mean over the classes of the resample: of one that it misses recall is unknown."""
    return np.asarray(counts.recall.sum(axis=2) / (counts.labelled > 0).sum(axis=2), np.float64)


METRICS: tuple[Metric, ...] = (
    Metric(
        "accuracy",
        "Accuracy",
        "Share of the images whose most probable class is their label.",
        accuracy,
        resampled=lambda counts: counts.right.sum(axis=2) / counts.images,
        validated_as="validation_accuracy",
        share_of_images=True,
        terminal="accuracy",
    ),
    Metric(
        "macro_f1",
        "Macro-F1",
        "Mean over the classes of F1, the harmonic mean of precision and recall; "
        "every class counts alike.",
        _macro_f1,
        resampled=_macro_f1s,
        validated_as="validation_macro_f1",
        evens_classes=True,
        terminal="macro F1",
    ),
    Metric(
        "balanced_accuracy",
        "Balanced accuracy",
        "Mean recall of the classes that occur: accuracy as if all classes were equally frequent.",
        _balanced_accuracy,
        resampled=_balanced_accuracies,
        evens_classes=True,
    ),
    Metric(
        "log_loss",
        "Log-loss",
        "Mean negative natural logarithm of the probability given to the label; "
        "lower is better, and confident mistakes cost most.",
        _log_loss,
        resampled=lambda counts: counts.losses / counts.images,
        validated_as="validation_loss",
        higher_is_better=False,
        fraction=False,
        shown=False,
        terminal="log loss",
    ),
    Metric(
        "calibration_error",
        "Calibration error",
        "Expected calibration error (Guo et al. 2017): mean gap between the confidence of the "
        "answers and the share of them that is right, over 15 equally wide bins of confidence; "
        "lower is better.",
        calibration_error,
        higher_is_better=False,
        source="guo2017",
    ),
)
RANKED_BY = "accuracy"
"""The metric by whose mean the rows are ordered and by which each two are compared."""


def metric_of(name: str) -> Metric:
    """Return the metric ``name``; raises ``ValueError`` naming those there are."""
    for metric in METRICS:
        if metric.name == name:
            return metric
    raise ValueError(f"no metric {name!r}; there are: {', '.join(each.name for each in METRICS)}")


def selecting() -> tuple[Metric, ...]:
    """Return the metrics that a protocol's ``selection`` can name."""
    return tuple(metric for metric in METRICS if metric.validated_as)
