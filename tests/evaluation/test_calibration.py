"""Calibration: the error by hand and in worlds whose calibration is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.evaluation.calibration import (
    HOTTEST,
    calibration_error,
    fit_temperature,
    reliability,
    scaling,
    tempered,
)
from benchmarks.evaluation.scores import score
from benchmarks.store.records import FitRecord, FitResults, Predictions

Floats = NDArray[np.float64]


def binary(confidences: list[float]) -> Floats:
    """Answers of class 0 with the given confidences."""
    return np.array([[confidence, 1 - confidence] for confidence in confidences])


def drawn(
    sharpness: float, images: int = 20_000, seed: int = 0
) -> tuple[NDArray[np.int64], Floats]:
    """Draw labels from known shares, and answers whose logits are ``sharpness`` times theirs."""
    chance = np.random.default_rng(seed)
    logits = 1.5 * chance.standard_normal((images, 5))
    labels = np.argmax(logits + chance.gumbel(size=logits.shape), axis=1)
    powers = np.exp(sharpness * logits)
    return labels, powers / powers.sum(axis=1, keepdims=True)


def fit(sharpness: float, seed: int = 0) -> FitResults:
    splits = []
    for split in (0, 1):
        labels, shares = drawn(sharpness, 4000, 2 * seed + split)
        rows = np.arange(len(labels))
        splits.append(Predictions(rows, rows.astype(str), labels, shares))
    return FitResults(FitRecord(variant="net", seed=seed), (), *splits)


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


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0])
def test_the_temperature_is_that_by_which_the_answers_were_sharpened(sharpness: float) -> None:
    assert fit_temperature(*drawn(sharpness)) == pytest.approx(sharpness, rel=0.03)


def test_answers_drawn_from_their_own_shares_are_calibrated() -> None:
    assert calibration_error(*drawn(1.0)) < 0.01
    assert calibration_error(*drawn(2.0)) > 0.1


def test_tempering_by_what_sharpened_gives_the_shares_back() -> None:
    plain, sharp = drawn(1.0)[1], drawn(2.0)[1]
    assert tempered(sharp, 2.0) == pytest.approx(plain)
    assert (tempered(sharp, 3.0).argmax(axis=1) == sharp.argmax(axis=1)).all()


def test_answers_that_are_always_right_or_never_end_at_the_bounds() -> None:
    sure = binary([0.6] * 20)
    assert fit_temperature(np.zeros(20, np.int64), sure) == pytest.approx(1 / HOTTEST, rel=0.01)
    assert fit_temperature(np.ones(20, np.int64), sure) == pytest.approx(HOTTEST, rel=0.01)


def test_a_share_of_zero_is_no_obstacle() -> None:
    hard = np.eye(2)[[0, 0, 0, 1]]
    assert 1 < fit_temperature(np.array([0, 0, 1, 1]), hard) < HOTTEST
    assert np.isfinite(tempered(hard, 0.1)).all()


def test_scaling_is_fitted_on_validation_and_told_of_test() -> None:
    fits = (fit(2.0, seed=0), fit(3.0, seed=1))
    found = scaling(fits)
    assert found is not None
    assert found.temperatures == pytest.approx((2, 3), rel=0.1)
    scores = [score(each.test) for each in fits]
    for told, name in (
        (found.before.error, "calibration_error"),
        (found.before.log_loss, "log_loss"),
    ):
        assert told == pytest.approx(np.mean([each[name] for each in scores]))
    assert found.after.error < 0.03 < 0.1 < found.before.error
    assert found.after.log_loss < found.before.log_loss
    assert found.before.reliability.counts.sum() == 8000


def test_the_test_labels_do_not_move_the_temperature() -> None:
    one = fit(2.0)
    other = dataclasses.replace(one, test=one.test.only(one.test.correct))
    found, again = scaling((one,)), scaling((other,))
    assert found is not None and again is not None
    assert found.temperatures == again.temperatures
    assert found.after.log_loss != again.after.log_loss


def test_without_validation_answers_nothing_is_scaled() -> None:
    whole = fit(1.0)
    none = whole.validation.only(np.zeros(len(whole.validation.labels), np.bool_))
    assert scaling((whole, dataclasses.replace(whole, validation=none))) is None
