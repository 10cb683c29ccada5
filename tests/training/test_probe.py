"""The probe is ridge regression as scikit-learn has it, and no image answers for its own fold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import (
    LeaveOneGroupOut,
    PredefinedSplit,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.training.probe import PENALTIES, Probe, cross_validate
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


def alone(
    x: NDArray[np.float64], labels: NDArray[np.int64], folds: NDArray[np.int64], classes: int
) -> Probe:
    """Cross-validate where every image is a group of its own."""
    return cross_validate(x, labels, folds, np.arange(len(x)), classes)


@pytest.mark.parametrize(("images", "features"), [(200, 20), (100, 300), (60, 60)])
def test_the_answers_are_those_of_scikit_learn(images: int, features: int) -> None:
    x, labels, folds = problem(images, features)
    learned = images * (FOLDS - 1) // FOLDS
    model = make_pipeline(StandardScaler(), RidgeCV(learned * np.array(PENALTIES)))
    theirs = cross_val_predict(model, x, np.eye(CLASSES)[labels], cv=PredefinedSplit(folds))
    ours = alone(x.astype(np.float64), labels, folds, CLASSES)
    assert (ours.answers == theirs.argmax(axis=1)).all()


@pytest.mark.parametrize(("images", "features"), [(200, 20), (100, 300)])
def test_the_penalties_are_those_of_scikit_learn(images: int, features: int) -> None:
    x, labels, folds = problem(images, features, seed=1)
    learned = images * (FOLDS - 1) // FOLDS
    found = alone(x, labels, folds, CLASSES).penalties
    for fold, penalty in enumerate(found):
        scaled = StandardScaler().fit_transform(x[folds != fold])
        theirs = RidgeCV(learned * np.array(PENALTIES)).fit(
            scaled, np.eye(CLASSES)[labels[folds != fold]]
        )
        assert penalty == pytest.approx(theirs.alpha_ / learned)


@pytest.mark.parametrize("features", [10, 100])
def test_the_penalty_is_chosen_by_groups_that_are_left_out_whole(features: int) -> None:
    """As if the others had been fitted anew without each group, with the same scaling."""
    x, labels, _ = problem(80, features, seed=4)
    group = np.random.default_rng(4).integers(0, 15, 80)
    folds = group % FOLDS
    found = cross_validate(x, labels, folds, group, CLASSES).penalties
    targets = np.eye(CLASSES)[labels]
    for fold, penalty in enumerate(found):
        kept = folds != fold
        scaled, own = StandardScaler().fit_transform(x[kept]), group[kept]
        errors = [
            -cross_val_score(
                Ridge(kept.sum() * each),
                *(scaled, targets[kept]),
                groups=own,
                cv=LeaveOneGroupOut(),
                scoring=lambda model, left, true: -((model.predict(left) - true) ** 2).sum(),
            ).sum()
            for each in PENALTIES
        ]
        assert penalty == PENALTIES[int(np.argmin(errors))]


def test_where_all_that_is_learned_is_one_group_its_images_are_left_out_one_by_one() -> None:
    x, labels, _ = problem(60, 20)
    halves = np.arange(60) % 2
    found = cross_validate(x, labels, halves, halves, CLASSES)
    assert found.penalties == cross_validate(x, labels, halves, np.arange(60), CLASSES).penalties


def test_copies_do_not_choose_the_penalty() -> None:
    """Pictures of noise that are there four times look learned where one of them is left out."""
    rng = np.random.default_rng(5)
    picture = np.repeat(np.arange(60), 4)
    labels, x = rng.integers(0, 2, 60)[picture], rng.normal(size=(60, 100))[picture]
    single = cross_validate(x, labels, picture % 5, np.arange(240), 2).penalties
    grouped = cross_validate(x, labels, picture % 5, picture, 2).penalties
    assert max(single) < 1e-3 < min(grouped)


def test_what_tells_nothing_is_answered_as_by_chance() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 2000)
    found = alone(rng.normal(size=(2000, 50)), labels, np.arange(2000) % 5, 2)
    assert abs((found.answers == labels).mean() - 0.5) < 4 * np.sqrt(0.25 / 2000)


def test_an_image_has_no_part_in_the_fit_that_answers_it() -> None:
    """Copies of an image with contradicting labels, in one fold, are answered by the others."""
    x, labels, folds = problem(100, 300)
    x[1], folds[1] = x[0], folds[0]
    answers = alone(x, labels, folds, CLASSES).answers
    assert answers[0] == answers[1]
    changed = labels.copy()
    changed[:2] = (labels[:2] + 1) % CLASSES
    assert (alone(x, changed, folds, CLASSES).answers[:2] == answers[:2]).all()


def test_features_that_are_all_alike_give_the_commonest_class() -> None:
    labels = np.array([0, 1, 1, 1, 0, 1, 1, 1, 1, 0])
    found = alone(np.ones((10, 3)), labels, np.arange(10) % 5, 2)
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
