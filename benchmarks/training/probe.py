"""The linear probe: ridge regression on fixed features, in closed form, by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from benchmarks.training.spectrum import Matrix, spectrum

PENALTIES = tuple(10.0 ** (power / 2) for power in range(-10, 5))
"""What is tried for each image that is learned from: 10⁻⁵ to 10² in half powers of ten."""

LEAST = 1e-12
"""What is left at least of a row that the fit follows wholly, beyond what rounding may leave."""


@dataclass(frozen=True, eq=False)
class Probe:
    """What a probe made of N images: the class that it ``answers`` for each, int64 N.

    Each image was answered by the fit that its fold had no part in. ``penalties`` are those that
    were chosen, one a fold, by image.
    """

    answers: NDArray[np.int64]
    penalties: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class _Ridge:
    coefficients: Matrix
    intercept: NDArray[np.float64]
    penalty: float


def cross_validate(
    features: NDArray[np.floating],
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    groups: NDArray[np.int64],
    classes: int,
) -> Probe:
    """Answer each image by a probe that was fitted to the images of the other ``folds``.

    ``features`` are N×D, ``labels`` N below ``classes``, ``folds`` N from 0; ``groups``, N, names
    what is alike, which is in one fold. A fit standardises the features and regresses the one-hot
    labels on them with an L2 penalty (Hoerl & Kennard, doi 10.1080/00401706.1970.10488634); the
    penalty of `PENALTIES` is taken that has the least squared error by leaving out one group of
    the fit after the other, in closed form (Golub, Heath & Wahba, doi
    10.1080/00401706.1979.10489751). The answer is the class of the largest value.
    """
    targets = np.eye(classes)[labels]
    answers, penalties = np.empty(len(labels), np.int64), []
    for fold in np.unique(folds):
        out = folds == fold
        scaler = StandardScaler().fit(features[~out].astype(np.float64))
        learned = scaler.transform(features[~out].astype(np.float64))
        ridge = _fit(learned, targets[~out], _several(groups[~out]))
        values = scaler.transform(features[out].astype(np.float64)) @ ridge.coefficients
        answers[out] = (values + ridge.intercept).argmax(axis=1)
        penalties.append(ridge.penalty)
    return Probe(answers, tuple(penalties))


def _several(groups: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
    """Return the places of the images of each group of several, where there are others to learn."""
    _, sizes = np.unique(groups, return_counts=True)
    parts = np.split(np.argsort(groups, kind="stable"), np.cumsum(sizes)[:-1])
    return [part for part in parts if 1 < len(part) < len(groups)]


def _fit(features: Matrix, targets: Matrix, groups: Sequence[NDArray[np.int64]]) -> _Ridge:
    """Fit ``targets``, N×K, to standardised ``features``, N×D, with the best penalty.

    ``groups`` are the places of images that are left out together; all others are alone.
    """
    images, intercept = len(targets), targets.mean(axis=0)
    centred, found = targets - intercept, spectrum(features)
    along = found.vectors.T @ centred
    errors = [
        _left_out_error(
            found.vectors, found.squares / (found.squares + images * each), centred, groups
        )
        for each in PENALTIES
    ]
    penalty = PENALTIES[int(np.argmin(errors))]
    dual = found.vectors @ (along / (found.squares + images * penalty)[:, np.newaxis])
    return _Ridge(features.T @ dual, intercept, penalty)


def _left_out_error(
    vectors: Matrix,
    shrinkage: NDArray[np.float64],
    centred: Matrix,
    groups: Sequence[NDArray[np.int64]],
) -> float:
    """Return the mean squared error of each row where its group is left out of the fit.

    A residual is divided by what its row leaves to the others, 1 − h; h has 1/N for the mean. Those
    of a group are together, by the matrix 1 − H of its rows.
    """
    residuals = centred - vectors @ (shrinkage[:, np.newaxis] * (vectors.T @ centred))
    rest = 1 - vectors**2 @ shrinkage - 1 / len(centred)
    errors = residuals / np.maximum(rest, LEAST)[:, np.newaxis]
    for group in groups:
        own = vectors[group]
        hat = (own * shrinkage) @ own.T + 1 / len(centred)
        errors[group] = np.linalg.solve((1 + LEAST) * np.eye(len(group)) - hat, residuals[group])
    return float((errors**2).mean())
