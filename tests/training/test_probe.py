"""The probe is ridge regression as scikit-learn has it, and no image answers for its own fold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.training.probe import PENALTIES, cross_validate
from benchmarks.training.spectrum import spectrum

CLASSES, FOLDS = 4, 5
Problem = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def problem(images: int, features: int, seed: int = 0) -> Problem:
    """Features that tell the classes with much noise, of unequal scale, one of them constant."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, images)
    told = rng.normal(size=(CLASSES, features))[labels]
    drawn = (told + 3 * rng.normal(size=(images, features))) * rng.uniform(0.1, 50, features) + 7
    drawn[:, 0] = 3
    return drawn, labels, rng.permutation(images) % FOLDS


@pytest.mark.parametrize(("images", "features"), [(200, 20), (100, 300), (60, 60)])
def test_the_answers_are_those_of_scikit_learn(images: int, features: int) -> None:
    x, labels, folds = problem(images, features)
    learned = images * (FOLDS - 1) // FOLDS
    model = make_pipeline(StandardScaler(), RidgeCV(learned * np.array(PENALTIES)))
    theirs = cross_val_predict(model, x, np.eye(CLASSES)[labels], cv=PredefinedSplit(folds))
    ours = cross_validate(x.astype(np.float64), labels, folds, CLASSES)
    assert (ours.answers == theirs.argmax(axis=1)).all()


@pytest.mark.parametrize(("images", "features"), [(200, 20), (100, 300)])
def test_the_penalties_are_those_of_scikit_learn(images: int, features: int) -> None:
    x, labels, folds = problem(images, features, seed=1)
    learned = images * (FOLDS - 1) // FOLDS
    found = cross_validate(x, labels, folds, CLASSES).penalties
    for fold, penalty in enumerate(found):
        scaled = StandardScaler().fit_transform(x[folds != fold])
        theirs = RidgeCV(learned * np.array(PENALTIES)).fit(
            scaled, np.eye(CLASSES)[labels[folds != fold]]
        )
        assert penalty == pytest.approx(theirs.alpha_ / learned)


def test_what_tells_nothing_is_answered_as_by_chance() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 2000)
    found = cross_validate(rng.normal(size=(2000, 50)), labels, np.arange(2000) % 5, 2)
    assert abs((found.answers == labels).mean() - 0.5) < 4 * np.sqrt(0.25 / 2000)


def test_an_image_has_no_part_in_the_fit_that_answers_it() -> None:
    """Copies of an image with contradicting labels, in one fold, are answered by the others."""
    x, labels, folds = problem(100, 300)
    x[1], folds[1] = x[0], folds[0]
    answers = cross_validate(x, labels, folds, CLASSES).answers
    assert answers[0] == answers[1]
    changed = labels.copy()
    changed[:2] = (labels[:2] + 1) % CLASSES
    assert (cross_validate(x, changed, folds, CLASSES).answers[:2] == answers[:2]).all()


def test_features_that_are_all_alike_give_the_commonest_class() -> None:
    labels = np.array([0, 1, 1, 1, 0, 1, 1, 1, 1, 0])
    found = cross_validate(np.ones((10, 3)), labels, np.arange(10) % 5, 2)
    assert (found.answers == 1).all()


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])
def test_a_spectrum_is_that_of_the_singular_value_decomposition(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(3).normal(size=shape)
    matrix[:, 1] = matrix[:, 0]
    found = spectrum(matrix)
    theirs = np.linalg.svd(matrix, compute_uv=False)
    theirs = theirs[theirs > 1e-9]
    assert np.sqrt(found.squares) == pytest.approx(theirs)
    rebuilt = (found.vectors * found.squares) @ found.vectors.T
    assert rebuilt == pytest.approx(matrix @ matrix.T)
