"""Doubts about a stated reading, from validation answers alone: chance, and a better reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import confusion_matrix

from benchmarks.evaluation.leaderboard import wilson

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float64]
MARGIN = 0.05


@dataclass(frozen=True)
class Doubt:
    """One thing that speaks against a stated reading.

    ``better`` tells a reading that scores much better, which is probably the right one, from
    a score that may simply be bad.
    """

    text: str
    better: bool


def doubts(
    labels: Labels,
    answers: Probabilities,
    class_names: tuple[str, ...],
    stated: tuple[str, ...],
    others: Mapping[str, Probabilities],
) -> Iterator[Doubt]:
    """Yield what speaks against a reading under which ``answers`` came from validation images.

    ``answers`` are N×K in the order of ``class_names``, as are those of ``others``, scale →
    answers to the first images under that scale. ``stated`` is the order of the model's outputs
    as its user stated it. Another reading is much better if it scores five points more, its 95 %
    interval is all above that of the stated one, and also above always giving the commonest
    answer.
    """
    accuracy = _accuracy(labels, answers)
    if found := _better(labels, answers, others, stated, class_names):
        yield Doubt(f"validation accuracy is {accuracy:.1%} as stated, but {found}", better=True)
    counts = np.bincount(labels, minlength=len(class_names))
    common = counts.max() / counts.sum()
    if wilson(accuracy, len(labels))[0] <= common:
        name = class_names[int(counts.argmax())]
        yield Doubt(
            f"validation accuracy is {accuracy:.1%}, no better than always answering "
            f"“{name}” ({common:.1%})",
            better=False,
        )


def _better(
    labels: Labels,
    answers: Probabilities,
    others: Mapping[str, Probabilities],
    stated: tuple[str, ...],
    class_names: tuple[str, ...],
) -> str:
    """Name the best of the readings that are much better than the stated one, or nothing."""
    found: list[tuple[float, str]] = []
    for scale, given in {"": answers, **others}.items():
        known = labels[: len(given)]
        base = _accuracy(known, answers[: len(given)])
        in_scale = f" with --scale {scale}" if scale else ""
        plain, (order, permuted) = _accuracy(known, given), _best_order(known, given)
        if scale and _much_better(plain, base, known):
            found.append((plain, f"{plain:.1%}{in_scale}"))
        if _much_better(permuted, max(base, plain), known):
            names = dict(zip(class_names, (class_names[k] for k in order), strict=True))
            classes = ",".join(names[name] for name in stated)
            found.append((permuted, f"{permuted:.1%}{in_scale} with --classes {classes}"))
    return max(found)[1] if found else ""


def _accuracy(labels: Labels, answers: Probabilities) -> float:
    return float((answers.argmax(axis=1) == labels).mean())


def _best_order(labels: Labels, answers: Probabilities) -> tuple[NDArray[np.int64], float]:
    """Return the class that each column should mean to score highest, and that accuracy."""
    size = answers.shape[1]
    counts = confusion_matrix(answers.argmax(axis=1), labels, labels=range(size))
    columns, meant = linear_sum_assignment(counts, maximize=True)
    return np.asarray(meant, np.int64), float(counts[columns, meant].sum() / len(labels))


def _much_better(accuracy: float, stated: float, labels: Labels) -> bool:
    low = wilson(accuracy, len(labels))[0]
    common = np.bincount(labels).max() / len(labels)
    above = accuracy - stated > MARGIN and low > wilson(stated, len(labels))[1]
    return bool(above and low > common)
