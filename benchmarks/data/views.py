"""Test-time views: the mean of what a model answers to an image mirrored and shifted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import PREDICTION_BATCH
from benchmarks.protocol.views import SIZES, View

EDITION = 1
"""Changes whenever a view comes out otherwise than before."""
SHARE = 24
"""Sides of an image to the pixels of a shift: 2 at 48, so that shifts of a centre of 44 are crops
of 48."""
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
BATCH = 4 * PREDICTION_BATCH
"""Images that are changed at once."""

Pixels = NDArray[np.uint8]
Answers = NDArray[np.float64]


def averaged(
    predict: Callable[[Pixels], Answers], images: Pixels, answers: Answers, wanted: Sequence[View]
) -> dict[View, Answers]:
    """Return each of ``wanted`` → the mean over its views of what ``predict`` answers, N×K.

    ``images`` are uint8, N×H×W×C, ``answers`` (N×K) those to them as they are. ``ten-crop`` are
    the five crops of Krizhevsky et al. (2012), as shifts, each mirrored or not.
    """
    found = {view: np.empty(answers.shape, np.float64) for view in wanted}
    most = max((SIZES[view] for view in wanted), default=1)
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        total = answers[part].astype(np.float64)
        others = islice(_others(np.asarray(images[part])), most - 1)
        for number, changed in enumerate(others, start=2):
            total += predict(changed)
            for view in wanted:
                if SIZES[view] == number:
                    found[view][part] = total / number
    return found


def _others(images: Pixels) -> Iterator[Pixels]:
    """Yield the views beside the images themselves: first that of flip, then those of ten-crop."""
    yield mirrored(images)
    for down, right in CORNERS:
        moved = shifted(images, down, right)
        yield moved
        yield mirrored(moved)


def mirrored(images: Pixels) -> Pixels:
    """Return ``images``, N×H×W×C, with left and right exchanged."""
    return np.ascontiguousarray(images[:, :, ::-1])


def shifted(images: Pixels, down: int, right: int) -> Pixels:
    """Return the windows of ``images``, N×H×W×C, that lie ``down`` and ``right`` by one step.

    Either is -1, 0 or 1; a step is the nearest whole number of pixels to a 24th of the side, and
    at least one. What a window sees beyond the border is the image, reflected.
    """
    height, width = images.shape[1:3]
    high, wide = _step(height), _step(width)
    padded = np.pad(images, ((0, 0), (high, high), (wide, wide), (0, 0)), mode="reflect")
    top, left = high * (1 + down), wide * (1 + right)
    return np.ascontiguousarray(padded[:, top : top + height, left : left + width])


def _step(side: int) -> int:
    return max(1, int(side / SHARE + 0.5))
