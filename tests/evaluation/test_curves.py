"""Separation: areas are scikit-learn's, curves are those of the areas, odd classes are left out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.evaluation.curves import (
    FALSE_POSITIVE_RATES,
    RECALLS,
    Separation,
    macro_auc,
    separations,
)
from benchmarks.store.records import Predictions


def drawn(seed: int, *, digits: int = 12, labels: list[int] | None = None) -> Predictions:
    """Draw answers; ``digits`` decides how many of them have equal probabilities."""
    known = np.random.default_rng(0).integers(4, size=400) if labels is None else np.array(labels)
    shares = np.random.default_rng(seed).dirichlet(np.ones(4), size=len(known))
    shares[np.arange(len(known)), known] += 0.4
    shares = np.round(shares / shares.sum(axis=1, keepdims=True), digits)
    rows = np.arange(len(known))
    return Predictions(rows, rows.astype(str), known, shares)


@pytest.mark.parametrize("digits", [12, 1], ids=["all different", "many ties"])
def test_the_areas_are_scikit_learns_averaged_over_seeds(digits: int) -> None:
    tests = [drawn(seed, digits=digits) for seed in (1, 2)]
    for number, found in enumerate(separations(tests)):
        assert found is not None
        pairs = [(test.labels == number, test.probabilities[:, number]) for test in tests]
        assert found.auc == pytest.approx(np.mean([roc_auc_score(*p) for p in pairs]))
        precisions = [average_precision_score(*p) for p in pairs]
        assert found.average_precision == pytest.approx(np.mean(precisions))
        assert found.share == pytest.approx(pairs[0][0].mean())


def test_the_thinned_curves_have_nearly_the_whole_areas() -> None:
    for found in separations([drawn(1), drawn(2)]):
        assert found is not None
        area = np.trapezoid(found.true_positive_rates, FALSE_POSITIVE_RATES)
        assert area == pytest.approx(found.auc, abs=0.01)
        assert np.trapezoid(found.precisions, RECALLS) == pytest.approx(
            found.average_precision, abs=0.02
        )
        assert (np.diff(found.true_positive_rates) >= 0).all()
        assert found.true_positive_rates[-1] == 1
        assert found.precisions[-1] >= found.share


def test_the_curves_of_a_perfect_class_are_the_corners() -> None:
    labels = [0, 0, 1, 1, 2, 3]
    rows = np.arange(len(labels))
    shares = np.eye(4)[labels]
    perfect = Predictions(rows, rows.astype(str), np.array(labels), shares)
    for found in separations([perfect]):
        assert found is not None
        assert found.auc == found.average_precision == 1
        assert (found.true_positive_rates == 1).all() and (found.precisions == 1).all()


def test_answers_that_are_all_alike_separate_nothing() -> None:
    rows = np.arange(4)
    alike = Predictions(rows, rows.astype(str), np.array([0, 0, 0, 1]), np.full((4, 2), 0.5))
    found = separations([alike])[1]
    assert found is not None
    assert found.auc == 0.5
    assert found.average_precision == found.share == 0.25


def test_a_class_without_images_and_one_without_others_are_left_out() -> None:
    absent = separations([drawn(1, labels=[0, 1, 1, 0, 3])])
    assert [each is None for each in absent] == [False, False, True, False]
    assert separations([drawn(1, labels=[2, 2, 2])]) == (None,) * 4


def test_the_mean_area_is_that_of_the_classes_that_have_one() -> None:
    half, whole = (Separation(area, 1.0, 0.5, RECALLS, RECALLS) for area in (0.5, 1.0))
    assert macro_auc([half, None, whole]) == 0.75
    assert math.isnan(macro_auc([None]))
