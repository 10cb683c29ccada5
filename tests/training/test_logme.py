"""LogME is the maximum of the evidence: found here by a search that knows no fixed point."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import multivariate_normal, norm

from benchmarks.training.logme import logme

CLASSES = 3


def problem(images: int, features: int, told: float) -> tuple[NDArray, NDArray]:
    rng = np.random.default_rng(images + features)
    labels = rng.integers(0, CLASSES, images)
    means = told * rng.normal(size=(CLASSES, features))
    return means[labels] + rng.normal(size=(images, features)), labels


class Evidence:
    """The density of labels with the weights integrated out: N(0, F Fᵀ/α + I/β)."""

    def __init__(self, features: NDArray, column: NDArray) -> None:
        self._variances, vectors = np.linalg.eigh(features @ features.T)
        self._along = vectors.T @ column

    def __call__(self, alpha: float, beta: float) -> float:
        variances = np.maximum(self._variances, 0) / alpha + 1 / beta
        return float(norm.logpdf(self._along, scale=np.sqrt(variances)).sum())

    def highest(self) -> float:
        def negative(logs: NDArray) -> float:
            return -self(*np.exp(logs))

        starts, options = ([0.0, 0.0], [4.0, 1.0], [-2.0, 3.0]), {"xatol": 1e-6, "fatol": 1e-8}
        found = [minimize(negative, s, method="Nelder-Mead", options=options) for s in starts]
        return -min(each.fun for each in found)


def test_the_evidence_that_is_searched_is_the_density_of_the_labels() -> None:
    x, labels = problem(20, 5, 1.0)
    column = (labels == 0).astype(float)
    density = multivariate_normal(cov=x @ x.T / 2.0 + np.eye(20) / 3.0)
    assert Evidence(x, column)(2.0, 3.0) == pytest.approx(density.logpdf(column))


@pytest.mark.parametrize(
    ("images", "features", "told"), [(60, 5, 1.0), (60, 5, 0.2), (40, 30, 0.5), (30, 50, 0.3)]
)
def test_it_is_the_maximum_of_the_log_evidence_by_image(
    images: int, features: int, told: float
) -> None:
    x, labels = problem(images, features, told)
    columns = [(labels == k).astype(float) for k in range(CLASSES)]
    expected = np.mean([Evidence(x, column).highest() / images for column in columns])
    assert logme(x, labels, CLASSES) == pytest.approx(expected, abs=1e-4)


def test_features_that_tell_more_have_more() -> None:
    found = [logme(*problem(200, 10, told), CLASSES) for told in (0.0, 0.3, 1.0)]
    assert found == sorted(found) and found[0] < found[2]


def test_it_does_not_depend_on_the_scale_of_the_features() -> None:
    x, labels = problem(80, 6, 0.5)
    assert logme(1000 * x, labels, CLASSES) == pytest.approx(logme(x, labels, CLASSES), abs=1e-5)


def test_a_class_without_an_image_is_left_out() -> None:
    x, labels = problem(80, 6, 0.5)
    assert logme(x, labels, CLASSES + 1) == logme(x, labels, CLASSES)
