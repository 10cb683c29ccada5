"""What an engine's training is timed against: the same network in loops that know no ferbench."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.building import before_crop, cropped
from benchmarks.engines.contract import Batch, Images, Precision, Task
from models.registry import Architecture, BuildRequest, Recipe

WARM_UP = 1
"""Steps that a block begins with and that are not timed."""
MOST_STEPS = 50
"""The steps of a block at most."""
ROTATION, SHIFT, ZOOM = 10.0, 0.1, 0.1
"""The augmentation of files, beside mirroring: degrees, and shares of the image's side."""

Steps = Callable[[int], float]
"""Takes so many optimiser steps after `WARM_UP` others; returns the seconds that they took."""


def timed_steps(step: Callable[[], object], steps: int, wait: Callable[[], object]) -> float:
    """Return the seconds of ``steps`` after `WARM_UP` others; ``wait`` ends when they are done."""
    for _ in range(WARM_UP):
        step()
    wait()
    started = time.perf_counter()
    for _ in range(steps):
        step()
    wait()
    return time.perf_counter() - started


@dataclass(frozen=True, kw_only=True)
class Given:
    """What rivals train, and on what.

    ``images`` are uint8 N×H×W×C and ``labels`` int64 N. ``files`` is a folder that has the images
    of each class as PNG in a folder of its own, whose names sort as the classes do; there are
    enough for a block. ``batch_size`` is that of each step.
    """

    architecture: Architecture
    task: Task
    recipe: Recipe
    precision: Precision
    batch_size: int
    images: Images
    labels: NDArray[np.int64]
    files: Path

    @property
    def request(self) -> BuildRequest:
        """What to ask the architecture for, as an engine's learner does."""
        return BuildRequest(**vars(self.task), recipe=self.recipe)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of what the network is given."""
        return cropped(self.request).image_shape

    def arrays(self, steps: int) -> tuple[Batch, NDArray[np.int64]]:
        """Return float32 images in [0, 255] and the labels of ``steps`` batches, in memory.

        They are what the network is given: a recipe's crop is the central one.
        """
        rows = np.arange(steps * self.batch_size) % len(self.labels)
        (height, width), (side_y, side_x, _) = self.images.shape[1:3], self.image_shape
        top, left = before_crop(height, side_y), before_crop(width, side_x)
        images = self.images[rows, top : top + side_y, left : left + side_x]
        return images.astype(np.float32), self.labels[rows]


@dataclass(frozen=True, kw_only=True)
class Rivals:
    """What an engine's training is timed against.

    ``bare`` trains on arrays in memory without augmentation, ``files`` on augmented image files;
    ``limit`` does a step's convolutions and matrix products alone, forward and backward, which
    are ``macs`` multiply-accumulates in a step.
    """

    bare: Steps
    files: Steps
    limit: Steps
    macs: int
