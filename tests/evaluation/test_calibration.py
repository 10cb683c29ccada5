"""Calibration: the error by hand and in worlds whose calibration is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.evaluation.calibration import calibration_error, reliability


def binary(confidences: list[float]) -> np.ndarray:
    """Answers of class 0 with the given confidences."""
    return np.array([[confidence, 1 - confidence] for confidence in confidences])


def test_the_error_equals_the_value_worked_out_by_hand() -> None:
    """Three answers at 0.95 (one of them wrong), one at 0.65 (right)."""
    labels = np.array([0, 0, 1, 0])
    shares = binary([0.95, 0.95, 0.95, 0.65])
    wanted = 3 / 4 * (0.95 - 2 / 3) + 1 / 4 * (1 - 0.65)
    assert calibration_error(labels, shares) == pytest.approx(wanted)


def test_gaps_of_opposite_sign_in_one_bin_cancel_and_in_two_do_not() -> None:
    labels = np.array([0, 1])
    assert calibration_error(labels, binary([0.97, 0.98])) == pytest.approx(0.975 - 0.5)
    assert calibration_error(labels, binary([0.97, 0.55])) == pytest.approx((0.03 + 0.55) / 2)


def test_each_bin_has_its_upper_edge() -> None:
    found = reliability(np.zeros(3, np.int64), binary([0.6, 0.8, 1.0]), bins=5)
    assert found.counts.tolist() == [0, 0, 1, 1, 1]
    assert np.isnan(found.confidence[:2]).all()
    assert found.accuracy[2:].tolist() == [1, 1, 1]


def test_sure_and_right_is_no_error_and_sure_and_wrong_is_all() -> None:
    sure = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert calibration_error(np.array([0, 0]), sure) == 0
    assert calibration_error(np.array([1, 1]), sure) == 1
