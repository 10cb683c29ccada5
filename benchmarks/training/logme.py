"""LogME: how likely labels are under a linear model of fixed features, with no training at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.training.spectrum import spectrum

STEPS = 200
TOLERANCE = 1e-6
"""The relative change of α/β below which the fixed point is taken as found."""


def logme(features: NDArray[np.floating], labels: NDArray[np.int64], classes: int) -> float:
    """Return the logarithm of the maximum evidence, by image, the mean over the classes.

    You et al., "LogME: Practical Assessment of Pre-trained Models for Transfer Learning",
    arXiv 2102.11005: the one-hot column y of a class is taken as y ~ N(F w, 1/β) with
    w ~ N(0, 1/α), and log p(y | F, α, β) is maximised over α and β. ``features`` F are N×D, as
    they are, ``labels`` N below ``classes``. A class without an image is left out.

    More is better; values of one set of images can be compared, and no others.
    """
    found = spectrum(features.astype(np.float64))
    present = [k for k in range(classes) if (labels == k).any()]
    evidences = [_evidence(found.vectors, found.squares, labels == k) for k in present]
    return float(np.mean(evidences))


def _evidence(
    vectors: NDArray[np.float64], squares: NDArray[np.float64], of_class: NDArray[np.bool_]
) -> float:
    """Return the largest log evidence of one column, by image.

    With the ratio t = α/β, γ = Σ σ²/(σ² + t) parameters are determined by the data, and α = γ/|m|²
    and β = (N − γ)/|F m − y|² at the maximum (MacKay, doi 10.1162/neco.1992.4.3.415); m is the
    posterior mean. These are iterated.
    """
    column = of_class.astype(np.float64)
    along = (vectors.T @ column) ** 2
    beyond = max(float(column @ column - along.sum()), 0.0)
    least = float(squares.max(initial=1.0)) * np.finfo(np.float64).eps
    ratio, images = 1.0, len(column)
    for _ in range(STEPS):
        alpha, beta, weight, error = _fixed_point(along, squares, beyond, ratio, images)
        before, ratio = ratio, max(alpha / beta, least)
        if abs(ratio - before) <= TOLERANCE * before:
            break
    spread = np.log(alpha + beta * squares).sum() - len(squares) * np.log(alpha)
    fit = beta * error + alpha * weight
    return float(images * np.log(beta / (2 * np.pi)) - fit - spread) / (2 * images)


def _fixed_point(
    along: NDArray[np.float64],
    squares: NDArray[np.float64],
    beyond: float,
    ratio: float,
    images: int,
) -> tuple[float, float, float, float]:
    """Return α, β, |m|² and |F m − y|² for the ``ratio`` α/β."""
    determined = float((squares / (squares + ratio)).sum())
    weight = float((along * squares / (squares + ratio) ** 2).sum())
    error = float((along * (ratio / (squares + ratio)) ** 2).sum()) + beyond
    tiny = np.finfo(np.float64).tiny
    return (
        max(determined, tiny) / max(weight, tiny),
        max(images - determined, tiny) / max(error, tiny),
        weight,
        error,
    )
