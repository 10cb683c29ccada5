"""The metrics say what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from benchmarks.evaluation.bootstrap import bootstrap
from benchmarks.evaluation.scores import confusion, row_shares, score
from benchmarks.metrics import METRICS
from benchmarks.store.records import Predictions


def predictions(labels: list[int], probabilities: list[list[float]]) -> Predictions:
    rows = np.arange(len(labels))
    return Predictions(rows, rows.astype(str), np.array(labels), np.array(probabilities))


#: Answers 0, 1, 1, 0 for labels 0, 0, 1, 2: by hand, recall is 1/2, 1, 0.
FOUR = predictions(
    [0, 0, 1, 2], [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.5, 0.25, 0.25]]
)


def test_metrics_equal_the_values_worked_out_by_hand() -> None:
    scores = score(FOUR)
    assert scores["accuracy"] == pytest.approx(2 / 4)
    assert scores["balanced_accuracy"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert scores["macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert scores["log_loss"] == pytest.approx(-np.log([0.8, 0.3, 0.7, 0.25]).mean())


def test_metrics_equal_scikit_learn_on_many_images() -> None:
    chance = np.random.default_rng(1)
    shares = chance.dirichlet(np.ones(7), size=500)
    labels = chance.integers(7, size=500)
    answers = shares.argmax(axis=1)
    scores = score(predictions(labels.tolist(), shares.tolist()))
    del scores["calibration_error"]
    assert scores == pytest.approx(
        {
            "accuracy": sklearn_metrics.accuracy_score(labels, answers),
            "macro_f1": sklearn_metrics.f1_score(labels, answers, average="macro"),
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(labels, answers),
            "log_loss": sklearn_metrics.log_loss(labels, shares),
        }
    )


def test_a_class_without_images_does_not_change_balanced_accuracy() -> None:
    narrow = predictions([0, 1], [[0.9, 0.1], [0.2, 0.8]])
    wide = predictions([0, 1], [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    assert score(wide)["balanced_accuracy"] == score(narrow)["balanced_accuracy"] == 1


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities: one image, one class, absent classes and ties among them."""
    classes, images = draw(st.integers(2, 9)), draw(st.integers(1, 40))
    shown = draw(st.lists(st.integers(0, classes - 1), min_size=1, unique=True))
    chance = np.random.default_rng(draw(st.integers(0, 10**6)))
    shares = chance.integers(1, draw(st.sampled_from([3, 1000])), size=(images, classes))
    return chance.choice(shown, size=images), shares / shares.sum(axis=1, keepdims=True)


@given(cases())
def test_every_metric_equals_scikit_learns_over_the_classes_that_occur(case) -> None:
    labels, shares = case
    answers, occurring = shares.argmax(axis=1), np.unique(labels)
    scores = score(predictions(labels.tolist(), shares.tolist()))
    error = scores.pop("calibration_error")
    confidence = shares.max(axis=1)
    bins = np.ceil(confidence * 15 - 1e-12)
    surplus = (answers == labels) - confidence
    gaps = [abs(surplus[bins == each].sum()) for each in set(bins)]
    assert error == pytest.approx(sum(gaps) / len(labels))
    recalls = [np.mean(answers[labels == label] == label) for label in occurring]
    assert scores == pytest.approx(
        {
            "accuracy": sklearn_metrics.accuracy_score(labels, answers),
            "macro_f1": sklearn_metrics.f1_score(
                labels, answers, labels=occurring, average="macro", zero_division=0
            ),
            "balanced_accuracy": np.mean(recalls),
            "log_loss": sklearn_metrics.log_loss(labels, shares, labels=range(shares.shape[1])),
        }
    )


@given(cases())
def test_every_resampled_form_is_its_metric_where_each_image_is_drawn_once(case) -> None:
    labels, shares = case
    test = predictions(labels.tolist(), shares.tolist())
    scores = score(test)
    for name, estimate in bootstrap([test], resamples=2).metrics.items():
        assert estimate.scores == pytest.approx([scores[name]]), name


def test_perfect_answers_have_a_perfect_macro_f1_whatever_classes_the_set_lacks() -> None:
    wide = predictions([0, 1], [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    assert score(wide)["macro_f1"] == 1
    estimate = bootstrap([wide]).metrics["macro_f1"]
    assert estimate.scores.tolist() == [1]


def test_confusion_has_labels_in_rows_and_answers_in_columns() -> None:
    assert confusion(FOUR).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_a_row_without_images_has_no_shares() -> None:
    shares = row_shares(np.array([[3, 1], [0, 0]]))
    np.testing.assert_equal(shares, [[0.75, 0.25], [np.nan, np.nan]])


def test_every_metric_has_a_name_of_its_own_and_a_definition() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.definition.endswith(".") for metric in METRICS)
