"""The bootstrap resamples what the metrics measure, all fits alike and copies together."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn_metrics

from benchmarks import metrics
from benchmarks.evaluation.bootstrap import Bootstrap, _Tally, bootstrap
from benchmarks.evaluation.scores import score
from benchmarks.metrics import METRICS, Metric
from benchmarks.store.records import Predictions
from tests.engine_process import call
from tests.evaluation.simulated import CLASSES, fits

ROWS = [metric for metric in METRICS if metric.resampled is not None]
RESAMPLED = [metric.name for metric in ROWS]


@pytest.mark.parametrize("absent", [None, 2])
def test_the_scores_are_those_of_the_metrics(absent: int | None) -> None:
    tests = fits(absent=absent)
    found = bootstrap(tests, resamples=10)
    for place, test in enumerate(tests):
        observed = {name: found.metrics[name].scores[place] for name in RESAMPLED}
        assert observed == pytest.approx({name: score(test)[name] for name in RESAMPLED})
        by_class = (found.class_precision, found.class_recall, found.class_f1)
        given = {"labels": range(5), "zero_division": 0}
        wanted = sklearn_metrics.precision_recall_fscore_support(test.labels, test.answers, **given)
        for estimates, each in zip(by_class, wanted, strict=False):
            assert [estimate.scores[place] for estimate in estimates] == pytest.approx(each)


def test_every_metric_but_the_calibration_error_is_resampled() -> None:
    assert {*RESAMPLED, "calibration_error"} == {metric.name for metric in METRICS}


def test_a_metric_that_is_added_has_its_own_estimate_and_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(labels: np.ndarray, probabilities: np.ndarray) -> float:
        return float((labels != probabilities.argmax(axis=1)).mean())

    added = Metric(
        "error_rate",
        "Error rate",
        "Share of wrong answers.",
        wrong,
        resampled=lambda counts: 1 - counts.right.sum(axis=2) / counts.images,
    )
    tests = fits(2)
    before = bootstrap(tests)
    monkeypatch.setattr(metrics, "METRICS", (added, *METRICS))
    found = bootstrap(tests)
    assert found.metrics["error_rate"].scores == pytest.approx(
        1 - before.metrics["accuracy"].scores
    )
    assert found.metrics["error_rate"].covariance == pytest.approx(
        before.metrics["accuracy"].covariance
    )
    for name, estimate in before.metrics.items():
        assert np.array_equal(found.metrics[name].scores, estimate.scores)
        assert np.array_equal(found.metrics[name].covariance, estimate.covariance)


def test_weighted_scores_equal_scikit_learn() -> None:
    tests = fits(2)
    weights = np.random.default_rng(0).multinomial(300, np.full(300, 1 / 300)).astype(float)
    tally = _Tally.of(tests, np.arange(300), 300)
    found = tally.scores([metric.resampled for metric in ROWS], weights[None])
    labels, answers = tests[1].labels, tests[1].answers
    given: dict[str, Any] = {"sample_weight": weights}
    assert found.metrics[:, 0, 1] == pytest.approx(
        [
            sklearn_metrics.accuracy_score(labels, answers, **given),
            sklearn_metrics.f1_score(labels, answers, average="macro", **given),
            sklearn_metrics.balanced_accuracy_score(labels, answers, **given),
            sklearn_metrics.log_loss(labels, tests[1].probabilities, **given),
        ]
    )
    by_class = sklearn_metrics.precision_recall_fscore_support(labels, answers, **given)
    for scores, wanted in zip((found.precision, found.recall, found.f1), by_class, strict=False):
        assert scores[:, 0, 1] == pytest.approx(wanted)


def test_the_variance_of_accuracy_is_the_binomial_one_and_fits_covary() -> None:
    tests = fits(2)
    covariance = bootstrap(tests).metrics["accuracy"].covariance
    right = np.array([test.correct for test in tests])
    assert covariance == pytest.approx(np.cov(right) / 300, rel=0.08, abs=2e-5)


def test_the_standard_error_of_macro_f1_is_scipys() -> None:
    test = fits(1)[0]

    def macro_f1(labels: np.ndarray, answers: np.ndarray) -> float:
        return float(sklearn_metrics.f1_score(labels, answers, average="macro"))

    theirs = stats.bootstrap(
        (test.labels, test.answers),
        macro_f1,
        paired=True,
        vectorized=False,
        n_resamples=1500,
        method="percentile",
        rng=np.random.default_rng(1),
    ).standard_error
    ours = np.sqrt(bootstrap([test]).metrics["macro_f1"].covariance[0, 0])
    assert ours == pytest.approx(theirs, rel=0.06)


def test_identical_copies_are_one_piece_of_evidence() -> None:
    tests = fits(2)
    doubled = [
        Predictions(
            np.arange(600),
            np.tile(test.image_ids, 2),
            np.tile(test.labels, 2),
            np.tile(test.probabilities, (2, 1)),
        )
        for test in tests
    ]
    once, twice = bootstrap(tests), bootstrap(doubled)
    assert (twice.images, twice.unique_images) == (600, 300)
    assert covariances(twice) == pytest.approx(covariances(once))


def covariances(found: Bootstrap) -> np.ndarray:
    return np.array(
        [estimate.covariance for estimate in (*found.metrics.values(), *found.class_f1)]
    )


def test_the_same_predictions_make_the_same_numbers_and_other_seeds_others() -> None:
    tests = fits(2)
    first, again, other = bootstrap(tests), bootstrap(tests), bootstrap(tests, seed=1)
    assert (covariances(first) == covariances(again)).all()
    assert (covariances(first) != covariances(other)).any()


def test_a_further_fit_leaves_the_others_as_they_were() -> None:
    two, three = bootstrap(fits(2)), bootstrap(fits(3))
    assert covariances(three)[:, :2, :2] == pytest.approx(covariances(two))


def test_an_image_alone_has_no_spread() -> None:
    alone = [test.only(np.arange(300) == 7) for test in fits(2)]
    assert (bootstrap(alone).metrics["accuracy"].covariance == 0).all()


def test_a_probability_of_zero_costs_what_scikit_learn_says() -> None:
    test = dataclasses.replace(fits(1, 3)[0], probabilities=np.eye(CLASSES)[[0, 1, 2]])
    with np.errstate(all="raise"):
        loss = bootstrap([test], resamples=5).metrics["log_loss"].scores[0]
    assert loss == pytest.approx(score(test)["log_loss"])


def test_twelve_variants_of_three_seeds_take_seconds_and_little_memory() -> None:
    used = call("tests.evaluation.simulated:spend")
    assert used["seconds"] < 10
    assert used["megabytes"] < 1000
