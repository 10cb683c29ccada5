"""Every metric says what scikit-learn says, whatever classes the test set has."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from benchmarks import metrics
from benchmarks.evaluation.bootstrap import _Tally, bootstrap
from benchmarks.evaluation.scores import score
from benchmarks.store.records import Predictions

EXAMPLES = settings(max_examples=60, derandomize=True)
ROWS = [metric for metric in metrics.METRICS if metric.resampled is not None]


@st.composite
def answered(draw: st.DrawFn) -> Predictions:
    """Labels of some of 2 to 6 classes, down to one image, and answers of any, ties among them."""
    classes = draw(st.integers(2, 6))
    there = draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=classes, unique=True))
    labels = draw(st.lists(st.sampled_from(there), min_size=1, max_size=25))
    parts = st.lists(st.integers(0, 3), min_size=classes, max_size=classes).filter(any)
    shares = np.array([draw(parts) for _ in labels], np.float64)
    rows = np.arange(len(labels))
    probabilities = shares / shares.sum(axis=1, keepdims=True)
    return Predictions(rows, rows.astype(str), np.array(labels), probabilities)


def by_scikit_learn(test: Predictions, weights: Any = None) -> dict[str, float]:
    labels, answers, every = test.labels, test.answers, range(test.probabilities.shape[1])
    given: dict[str, Any] = {"sample_weight": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "accuracy": sklearn_metrics.accuracy_score(labels, answers, **given),
            "macro_f1": sklearn_metrics.f1_score(
                labels, answers, labels=np.unique(labels), average="macro", zero_division=0, **given
            ),
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(labels, answers, **given),
            "log_loss": sklearn_metrics.log_loss(labels, test.probabilities, labels=every, **given),
        }


@EXAMPLES
@given(answered())
def test_each_metric_is_scikit_learns(test: Predictions) -> None:
    scores = score(test)
    assert 0 <= scores.pop("calibration_error") <= 1
    assert scores == pytest.approx(by_scikit_learn(test))


@EXAMPLES
@given(answered(), st.integers(0, 2**32 - 1))
def test_each_resampled_metric_is_scikit_learns_with_weights(test: Predictions, seed: int) -> None:
    size = len(test.labels)
    weights = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size)).astype(float)
    tally = _Tally.of([test], np.arange(size), size)
    found = tally.scores([metric.resampled for metric in ROWS if metric.resampled], weights[None])
    told = dict(zip((metric.name for metric in ROWS), found.metrics[:, 0, 0], strict=True))
    assert told == pytest.approx(by_scikit_learn(test, weights))


@EXAMPLES
@given(answered())
def test_a_class_without_test_images_changes_no_macro_score(test: Predictions) -> None:
    wider = np.pad(test.probabilities, ((0, 0), (0, 1)))
    padded = Predictions(test.rows, test.image_ids, test.labels, wider)
    assert score(padded) == pytest.approx(score(test))
    one, other = bootstrap([test], resamples=20), bootstrap([padded], resamples=20)
    for name, estimate in one.metrics.items():
        assert other.metrics[name].covariance == pytest.approx(estimate.covariance)


def test_perfect_answers_are_perfect_also_where_the_test_set_lacks_a_class() -> None:
    labels = np.array([0, 0, 2, 2, 3])
    rows = np.arange(len(labels))
    test = Predictions(rows, rows.astype(str), labels, np.eye(4)[labels])
    assert score(test)["macro_f1"] == score(test)["balanced_accuracy"] == 1
