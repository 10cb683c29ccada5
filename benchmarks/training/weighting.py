"""What the loss of each image counts for, by how rare its class is among the training images."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Batch, SampleWeights
from models.registry import ClassWeights

EXPONENTS: Mapping[ClassWeights, float] = MappingProxyType({"balanced": 1.0, "square-root": 0.5})


def class_weights(
    kind: ClassWeights,
    wanted: NDArray[np.int64] | NDArray[np.float32],
    classes: int,
    label_smoothing: float = 0.0,
) -> NDArray[np.float64] | None:
    """Return float64 K, of which `sample_weights` makes the weight of an image; ``None`` is all 1.

    ``wanted`` is the class of each training image, int64 N, or the share that each class has of
    it, float32 N×K. ``balanced`` is 1/n of the n images of a class (N/(K·n), as scikit-learn's;
    King & Zeng 2001), ``square-root`` the root of it. They are scaled so that the mean weight of
    the training images is 1, and set off against the smoothing of targets, so that this leaves
    an image the weight of its class. A class without images weighs as one with a single image.
    """
    if kind == "none":
        return None
    shares = np.eye(classes)[wanted] if wanted.ndim == 1 else wanted.astype(np.float64)
    found = shares.sum(axis=0)
    weights: NDArray[np.float64] = np.maximum(found, 1.0) ** -EXPONENTS[kind]
    weights *= found.sum() / (found @ weights)
    weights -= label_smoothing * weights.mean()
    return np.divide(weights, 1 - label_smoothing)


def sample_weights(targets: Batch, weights: NDArray[np.float64] | None) -> SampleWeights | None:
    """Return the weight of each image: the mean of its classes' by its targets, N×K."""
    return None if weights is None else (targets @ weights).astype(np.float32)
