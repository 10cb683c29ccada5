"""The stream: the order of the samples and every augmented pixel, the same for every engine."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.training.augmentation import DRAWS, POLICIES, Geometry, crop_shifts
from models.registry import Augmentation

LabelledBatch = tuple[NDArray[np.float32], NDArray[np.float32]]


class Purpose(IntEnum):
    """What a stream of random numbers is for; each purpose has its own."""

    ORDER = 0
    AUGMENTATION = 1
    MIXUP = 2
    NETWORK = 3
    CROP = 4
    VIEW = 5
    VIEW_CROP = 6


def generator(
    protocol_seed: int, fit_seed: int, epoch: int, purpose: Purpose
) -> np.random.Generator:
    """Return the counter-based generator (Philox) of one purpose in one epoch."""
    sequence = np.random.SeedSequence([protocol_seed, fit_seed, epoch, purpose])
    return np.random.Generator(np.random.Philox(sequence))


def network_seed(protocol_seed: int, fit_seed: int, epoch: int) -> int:
    """Return the seed of what is random inside a network (dropout) in one epoch, below 2³¹."""
    return int(generator(protocol_seed, fit_seed, epoch, Purpose.NETWORK).integers(2**31))


def batch_count(samples: int, batch_size: int) -> int:
    """Return the batches in an epoch: an incomplete last one is dropped unless it is the only."""
    return max(1, samples // batch_size)


def batches(
    inputs: NDArray[Any],
    wanted: NDArray[np.int64] | NDArray[np.float32],
    classes: int,
    *,
    protocol_seed: int,
    fit_seed: int,
    epoch: int,
    batch_size: int,
    augmentation: Augmentation = "none",
    crop: int = 0,
    mixup: float = 0.0,
    label_smoothing: float = 0.0,
    view: Geometry | None = None,
) -> Iterator[LabelledBatch]:
    """Yield the batches of one epoch: float32 inputs, and float32 targets N×classes.

    ``inputs`` are uint8 images N×H×W×C, which come out in [0, 255], or, where they do not change,
    arrays N×… of any kind (cached features). A ``crop`` moves each image by whole pixels, so that
    a random crop of so many pixels a side is where a network takes its central one; 0 is off.
    ``wanted`` is the class of each, int64 N, or the
    share that each class has of it, float32 N×classes. What sample i becomes depends on the two
    seeds, the epoch and i alone. ``mixup`` is the α of Zhang et al., arXiv 1710.09412: one
    Beta(α, α) weight for each batch, partners by reversing the batch; 0 is off.
    ``label_smoothing`` ε gives every class ε/classes (Szegedy et al., arXiv 1512.00567).
    A ``view`` is what images become in place of ``augmentation`` and ``crop``.
    """
    count = len(inputs)
    steps = batch_count(count, batch_size)
    order = generator(protocol_seed, fit_seed, epoch, Purpose.ORDER).permutation(count)
    weights = generator(protocol_seed, fit_seed, epoch, Purpose.MIXUP).beta(
        mixup or 1, mixup or 1, steps
    )
    geometry = view
    if view is None and (augmentation != "none" or crop):
        drawn = (
            generator(protocol_seed, fit_seed, epoch, purpose)
            for purpose in (Purpose.AUGMENTATION, Purpose.CROP)
        )
        geometry = _geometry(inputs.shape, augmentation, crop, *drawn)
    shares = np.eye(classes)[wanted] if wanted.ndim == 1 else wanted
    smooth = shares * (1 - label_smoothing) + label_smoothing / classes
    for step in range(steps):
        rows = order[step * batch_size : (step + 1) * batch_size]
        chosen = inputs[rows] if geometry is None else geometry.apply(inputs, rows)
        batch, targets = chosen.astype(np.float32), smooth[rows].astype(np.float32)
        yield _mixed(batch, targets, float(weights[step])) if mixup else (batch, targets)


def fixed_view(
    shape: tuple[int, ...],
    augmentation: Augmentation,
    *,
    crop: int,
    protocol_seed: int,
    view: int,
) -> Geometry | None:
    """Return the ``view``-th of the views that all fits of a protocol share, from 0.

    ``None`` where images are as they are.
    """
    if augmentation == "none" and not crop:
        return None
    drawn = (
        generator(protocol_seed, 0, view, purpose) for purpose in (Purpose.VIEW, Purpose.VIEW_CROP)
    )
    return _geometry(shape, augmentation, crop, *drawn)


def _geometry(
    shape: tuple[int, ...],
    augmentation: Augmentation,
    crop: int,
    augmenting: np.random.Generator,
    cropping: np.random.Generator,
) -> Geometry:
    """Draw what becomes of each image."""
    count, height, width, _ = shape
    geometry = POLICIES[augmentation](augmenting.random((count, DRAWS)), height, width)
    if not crop:
        return geometry
    return geometry.shifted(crop_shifts(cropping.random((count, 2)), height, width, crop))


def _mixed(
    batch: NDArray[np.float32], targets: NDArray[np.float32], weight: float
) -> LabelledBatch:
    """Blend each sample with its partner in the reversed batch."""
    share = np.float32(weight)
    return (
        share * batch + (1 - share) * batch[::-1],
        share * targets + (1 - share) * targets[::-1],
    )
