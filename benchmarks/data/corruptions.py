"""Corruptions: what a camera or its surroundings do to an image, each in five strengths.

In the manner of Hendrycks & Dietterich (2019), arXiv:1903.12261. What happens in space is told in
parts of the image's shorter side, so that it means the same at every size; chance comes from a
seed for each image, and is the same at every strength, so that only the strength differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

EDITION = 1
"""Changes whenever a corruption comes out otherwise than before."""

STRENGTHS = (1, 2, 3, 4, 5)
LEVELS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "blur": (0.01, 0.02, 0.03, 0.045, 0.06),
        "noise": (0.04, 0.08, 0.12, 0.18, 0.26),
        "shift": (0.04, 0.08, 0.12, 0.16, 0.2),
        "rotation": (6, 12, 18, 24, 30),
        "darkness": (0.8, 0.65, 0.5, 0.35, 0.2),
        "occlusion": (0.15, 0.25, 0.35, 0.45, 0.55),
    }
)
"""Blur: standard deviation, in sides; a third of a pixel or less changes nothing. Noise:
standard deviation, in the range of the pixels. Shift: in sides, into any direction. Rotation:
degrees, to either hand. Darkness: what is left of each pixel. Occlusion: side of a grey square,
in sides."""

GREY = 127

Image = NDArray[np.uint8]
Images = NDArray[np.uint8]


def corrupt(
    images: Images, corruption: str, strength: int, seeds: Sequence[Sequence[int]]
) -> Images:
    """Return ``images``, uint8 N×H×W×C of 1 or 3 channels, corrupted; shape and dtype stay.

    ``corruption`` is a key of `LEVELS`, ``strength`` one of `STRENGTHS`; there is a seed for
    each image. Raises ``ValueError`` for any other corruption or strength.
    """
    if corruption not in LEVELS:
        raise ValueError(f"no corruption {corruption!r}; there are: {', '.join(LEVELS)}")
    if strength not in STRENGTHS:
        raise ValueError(f"no strength {strength}; there are: 1 to {STRENGTHS[-1]}")
    level, change = LEVELS[corruption][strength - 1], _CHANGES[corruption]
    place = list(LEVELS).index(corruption)
    changed = [
        change(image, level, np.random.default_rng([place, *seed]))
        for image, seed in zip(images, seeds, strict=True)
    ]
    return np.stack(changed).reshape(images.shape) if changed else images.copy()


def _blur(image: Image, level: float, chance: np.random.Generator) -> Image:
    deviation = level * min(image.shape[:2])
    blurred = cv2.GaussianBlur(image, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.uint8)


def _noise(image: Image, level: float, chance: np.random.Generator) -> Image:
    return _bytes(image + 255 * level * chance.standard_normal(image.shape))


def _shift(image: Image, level: float, chance: np.random.Generator) -> Image:
    angle, length = chance.uniform(0, 2 * np.pi), level * min(image.shape[:2])
    across, down = length * np.cos(angle), length * np.sin(angle)
    return _warped(image, np.array([[1, 0, across], [0, 1, down]]))


def _rotation(image: Image, level: float, chance: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    centre, hand = ((width - 1) / 2, (height - 1) / 2), chance.choice([-1, 1])
    return _warped(image, cv2.getRotationMatrix2D(centre, hand * level, 1))


def _darkness(image: Image, level: float, chance: np.random.Generator) -> Image:
    return _bytes(image * level)


def _occlusion(image: Image, level: float, chance: np.random.Generator) -> Image:
    """Lay a square over the image; the squares of all strengths have one centre."""
    height, width = image.shape[:2]
    short = min(height, width)
    half = LEVELS["occlusion"][-1] * short / 2
    middle = chance.uniform((half, half), (height - half, width - half))
    top, left = np.floor(middle - level * short / 2).astype(int).clip(0)
    bottom, right = np.ceil(middle + level * short / 2).astype(int)
    covered = image.copy()
    covered[top:bottom, left:right] = GREY
    return covered


def _warped(image: Image, matrix: NDArray[np.float64]) -> Image:
    size = (image.shape[1], image.shape[0])
    moved = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _bytes(values: NDArray[np.floating[Any]]) -> Image:
    return np.asarray(np.rint(values).clip(0, 255), np.uint8)


_CHANGES: Mapping[str, Callable[[Image, float, np.random.Generator], Image]] = MappingProxyType(
    {
        "blur": _blur,
        "noise": _noise,
        "shift": _shift,
        "rotation": _rotation,
        "darkness": _darkness,
        "occlusion": _occlusion,
    }
)
