"""Selective prediction: what is kept, in which order, and what its curve can and cannot do."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.evaluation.curves import SHARES, selective
from benchmarks.store.records import Predictions


def answers(confidences: list[float], right: list[bool]) -> Predictions:
    shares = np.array([[each, 1 - each] for each in confidences])
    labels = np.where(right, 0, 1)
    rows = np.arange(len(labels))
    return Predictions(rows, rows.astype(str), labels, shares)


def test_the_least_confident_is_refused_first() -> None:
    """By hand: of the n most confident, 1/1, 2/2, 2/3 and 3/4 are right."""
    found = selective([answers([0.9, 0.6, 0.7, 0.8], [True, True, False, True])])
    assert found.at(1) == pytest.approx(3 / 4)
    assert found.at(0.5) == pytest.approx(1)
    assert found.at(0.75) == pytest.approx(2 / 3, abs=0.01)
    assert found.risk_area == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)


def test_with_confidence_that_ranks_perfectly_refusing_never_hurts() -> None:
    right = [True] * 60 + [False] * 40
    found = selective([answers(np.linspace(0.99, 0.51, 100).tolist(), right)])
    assert (np.diff(found.accuracies) <= 1e-12).all()
    assert (found.accuracies[SHARES <= 0.6] == 1).all()


def test_equal_confidence_gains_nothing_in_whatever_order_the_images_stand() -> None:
    for right in ([True] * 60 + [False] * 40, [False] * 40 + [True] * 60):
        found = selective([answers([0.7] * 100, right)])
        assert found.accuracies == pytest.approx(np.full(len(SHARES), 0.6))
        assert found.risk_area == pytest.approx(0.4)


def test_confidence_turned_round_is_worse_than_none() -> None:
    right = [True] * 60 + [False] * 40
    sure = np.linspace(0.99, 0.51, 100).tolist()
    best, worst = selective([answers(sure, right)]), selective([answers(sure[::-1], right)])
    assert best.risk_area < 0.4 < worst.risk_area
    assert best.at(1) == worst.at(1) == pytest.approx(0.6)


def test_seeds_are_averaged() -> None:
    one, other = answers([0.9, 0.6], [True, False]), answers([0.9, 0.6], [False, True])
    both = selective([one, other])
    assert both.at(0.5) == pytest.approx(0.5)
    assert both.risk_area == pytest.approx((0 + 1 / 2) / 4 + (1 + 1 / 2) / 4)
