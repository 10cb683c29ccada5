"""Curves over a threshold: separation of a class from all others, and selective prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import auc, roc_curve

from benchmarks.metrics import Floats
from benchmarks.store.records import Predictions

FALSE_POSITIVE_RATES: Floats = np.linspace(0, 1, 41) ** 2
"""Where ROC curves are drawn: closer together where they rise."""
RECALLS: Floats = np.linspace(0, 1, 41)
"""Where precision–recall curves are drawn."""
SHARES: Floats = np.linspace(0.02, 1, 50)
"""The shares of the images kept at which the accuracy is told."""


@dataclass(frozen=True, eq=False)
class Separation:
    """One class against the rest, mean over seeds.

    ``auc`` is the area under the ROC curve, whose true positive rates at
    ``FALSE_POSITIVE_RATES`` are ``true_positive_rates``; ``average_precision`` that of the steps
    of precision over recall, whose precisions at ``RECALLS`` are ``precisions``. ``share`` is
    the class's share of the images, which is the precision of chance.
    """

    auc: float
    average_precision: float
    share: float
    true_positive_rates: Floats
    precisions: Floats


def separations(tests: Sequence[Predictions]) -> tuple[Separation | None, ...]:
    """Return the separation of each class in ``tests``, the answers of each seed.

    ``None`` stands for a class that has no images here, or all. Curves are averaged over seeds
    at fixed abscissae (Fawcett 2006, Pattern Recognit. Lett. 27:861, vertical averaging).
    """
    return tuple(_separation(tests, number) for number in range(tests[0].probabilities.shape[1]))


def macro_auc(classes: Sequence[Separation | None]) -> float:
    """Return the mean AUC of the classes that have one; NaN where none has."""
    known = [each.auc for each in classes if each]
    return float(np.mean(known)) if known else float("nan")


def _separation(tests: Sequence[Predictions], number: int) -> Separation | None:
    member = tests[0].labels == number
    if member.all() or not member.any():
        return None
    seeds = [_of_seed(test.labels == number, test.probabilities[:, number]) for test in tests]
    return Separation(
        auc=float(np.mean([each.auc for each in seeds])),
        average_precision=float(np.mean([each.average_precision for each in seeds])),
        share=float(member.mean()),
        true_positive_rates=np.mean([each.true_positive_rates for each in seeds], axis=0),
        precisions=np.mean([each.precisions for each in seeds], axis=0),
    )


def _of_seed(member: NDArray[np.bool_], probability: Floats) -> Separation:
    false, true, _ = roc_curve(member, probability, drop_intermediate=False)
    hits, misses = true[1:] * member.sum(), false[1:] * (~member).sum()
    precision = hits / (hits + misses)
    last = np.searchsorted(true[1:], RECALLS - 1e-12)
    return Separation(
        auc=float(auc(false, true)),
        average_precision=float(np.diff(true) @ precision),
        share=float(member.mean()),
        true_positive_rates=np.interp(FALSE_POSITIVE_RATES, *_upper(false, true)),
        precisions=precision[last],
    )


def _upper(false: Floats, true: Floats) -> tuple[Floats, Floats]:
    """Keep of each vertical rise its upper end, so that the curve is a function."""
    ends = np.append(np.diff(false) > 0, True)
    return false[ends], true[ends]


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
