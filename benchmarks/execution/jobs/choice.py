"""The images that a fit is asked about: for each class its surest right and wrong answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def chosen(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the places of the chosen images among ``labels``, N, and ``probabilities``, N×K.

    For each class, in order, of the images that bear its label: the one that was answered
    rightly with the highest probability, then the one answered wrongly with the highest. Of
    equals the first is taken; a class without such an image is passed over.
    """
    return np.array(list(_chosen(labels, probabilities)), np.int64)


def _chosen(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Iterator[int]:
    answers, surety = probabilities.argmax(axis=1), probabilities.max(axis=1)
    for label in range(probabilities.shape[1]):
        for right in (True, False):
            places = np.flatnonzero((labels == label) & ((answers == label) == right))
            if len(places):
                yield int(places[surety[places].argmax()])
