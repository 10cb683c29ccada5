"""The linear probe: ridge regression on fixed features, in closed form, by cross-validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from benchmarks.training.spectrum import Matrix, spectrum

PENALTIES = tuple(10.0 ** (power / 2) for power in range(-10, 5))
"""What is tried for each image that is learned from: 10⁻⁵ to 10² in half powers of ten."""


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
    classes: int,
) -> Probe:
    """Answer each image by a probe that was fitted to the images of the other ``folds``.

    ``features`` are N×D, ``labels`` N below ``classes``, ``folds`` N from 0. A fit standardises
    the features and regresses the one-hot labels on them with an L2 penalty (Hoerl & Kennard,
    doi 10.1080/00401706.1970.10488634); the penalty of `PENALTIES` is taken that has the least
    squared error by leaving out one image of the fit after the other, in closed form (Golub,
    Heath & Wahba, doi 10.1080/00401706.1979.10489751). The answer is the class of the largest
    value.
    """
    targets = np.eye(classes)[labels]
    answers, penalties = np.empty(len(labels), np.int64), []
    for fold in np.unique(folds):
        out = folds == fold
        scaler = StandardScaler().fit(features[~out].astype(np.float64))
        ridge = _fit(scaler.transform(features[~out].astype(np.float64)), targets[~out])
        values = scaler.transform(features[out].astype(np.float64)) @ ridge.coefficients
        answers[out] = (values + ridge.intercept).argmax(axis=1)
        penalties.append(ridge.penalty)
    return Probe(answers, tuple(penalties))


def _fit(features: Matrix, targets: Matrix) -> _Ridge:
    """Fit ``targets``, N×K, to standardised ``features``, N×D, with the best penalty."""
    images, intercept = len(targets), targets.mean(axis=0)
    centred, found = targets - intercept, spectrum(features)
    along = found.vectors.T @ centred
    errors = [
        _left_out_error(found.vectors, found.squares / (found.squares + images * each), centred)
        for each in PENALTIES
    ]
    penalty = PENALTIES[int(np.argmin(errors))]
    dual = found.vectors @ (along / (found.squares + images * penalty)[:, np.newaxis])
    return _Ridge(features.T @ dual, intercept, penalty)


def _left_out_error(vectors: Matrix, shrinkage: NDArray[np.float64], centred: Matrix) -> float:
    """Return the mean squared error of each row where it is left out of the fit.

    A residual is divided by what its row leaves to the others, 1 − h; h has 1/N for the mean.
    """
    fitted = vectors @ (shrinkage[:, np.newaxis] * (vectors.T @ centred))
    leverage = vectors**2 @ shrinkage + 1 / len(centred)
    rest = np.maximum(1 - leverage, np.finfo(np.float64).eps)
    return float((((centred - fitted) / rest[:, np.newaxis]) ** 2).mean())
