"""Corruptions: what a camera or its surroundings do to an image, each in several severities.

In the manner of Hendrycks & Dietterich (2019), arXiv:1903.12261. What happens in space is told in
parts of the image's shorter side, so that it means the same at every size; chance comes from a
seed for each image, and is the same at every severity, so that only the severity differs.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.protocol.canonical import digest
from datasets.reading.images import Pixels

EDITION = 1
"""Changes whenever a corruption comes out otherwise than before."""
FIRST_EDITION = "f928c2c267ce257d3807dd9c387b91d19e45ee13d26c206f82dcdf50859a25f3"
"""The edition of the corruptions whose severities a run did not yet store."""

GREY = 127
LARGEST_SQUARE = 0.55
"""Side of the largest square of an occlusion, in sides."""

Apply = Callable[[Pixels, float, np.random.Generator], Pixels]
"""Image, uint8 H×W×C, severity and chance → the corrupted image, of the same shape and dtype."""


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """A corruption: ``apply`` does it to one image in each of ``severities``, mildest first.

    ``legend`` says what the severities measure, and ``unit`` how one is shown: in per cent of
    what it measures, or in degrees. ``seed`` parts its random numbers from those of the others.
    """

    name: str
    title: str
    severities: tuple[float, ...]
    apply: Apply
    legend: str
    seed: int
    unit: str = "%"

    def shown(self, number: int) -> str:
        """Return the severity of this number, from 1, for people: ``4 %`` or ``6°``."""
        severity = self.severities[number - 1]
        return f"{severity:g}°" if self.unit == "°" else f"{100 * severity:g}\N{NO-BREAK SPACE}%"


def corruption(name: str) -> Corruption:
    """Return the corruption of this name; raises ``ValueError`` where there is none."""
    found = next((each for each in CORRUPTIONS if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in CORRUPTIONS)
        raise ValueError(f"no corruption {name!r}; there are: {known}")
    return found


def corrupt(
    images: NDArray[np.uint8], name: str, number: int, seeds: Sequence[Sequence[int]]
) -> NDArray[np.uint8]:
    """Return ``images``, uint8 N×H×W×C of 1 or 3 channels, corrupted; shape and dtype stay.

    ``number`` counts the severities of the corruption ``name`` from 1; there is a seed for each
    image. Raises ``ValueError`` for a corruption or severity that there is not.
    """
    chosen = corruption(name)
    if not 1 <= number <= len(chosen.severities):
        raise ValueError(f"no severity {number}; there are: 1 to {len(chosen.severities)}")
    severity = chosen.severities[number - 1]
    changed = [
        chosen.apply(image, severity, np.random.default_rng([chosen.seed, *seed]))
        for image, seed in zip(images, seeds, strict=True)
    ]
    return np.stack(changed).reshape(images.shape) if changed else images.copy()


def edition(names: Container[str] | None = None) -> str:
    """Digest what decides the corrupted images: `EDITION`, and each corruption's severities.

    ``names`` are the corruptions that count, by default all.
    """
    counted = [each for each in CORRUPTIONS if names is None or each.name in names]
    return digest([EDITION, [[each.name, each.severities] for each in counted]])


def _blur(image: Pixels, severity: float, rng: np.random.Generator) -> Pixels:
    deviation = severity * min(image.shape[:2])
    blurred = cv2.GaussianBlur(image, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.uint8)


def _noise(image: Pixels, severity: float, rng: np.random.Generator) -> Pixels:
    return _bytes(image + 255 * severity * rng.standard_normal(image.shape))


def _shift(image: Pixels, severity: float, rng: np.random.Generator) -> Pixels:
    angle, length = rng.uniform(0, 2 * np.pi), severity * min(image.shape[:2])
    across, down = length * np.cos(angle), length * np.sin(angle)
    return _warped(image, np.array([[1, 0, across], [0, 1, down]]))


def _rotation(image: Pixels, severity: float, rng: np.random.Generator) -> Pixels:
    height, width = image.shape[:2]
    centre, hand = ((width - 1) / 2, (height - 1) / 2), rng.choice([-1, 1])
    return _warped(image, cv2.getRotationMatrix2D(centre, hand * severity, 1))


def _darkness(image: Pixels, severity: float, rng: np.random.Generator) -> Pixels:
    return _bytes(image * severity)


def _occlusion(image: Pixels, severity: float, rng: np.random.Generator) -> Pixels:
    """Lay a square over the image; the squares of all severities have one centre."""
    height, width = image.shape[:2]
    short = min(height, width)
    half = LARGEST_SQUARE * short / 2
    middle = rng.uniform((half, half), (height - half, width - half))
    top, left = np.floor(middle - severity * short / 2).astype(int).clip(0)
    bottom, right = np.ceil(middle + severity * short / 2).astype(int)
    covered = image.copy()
    covered[top:bottom, left:right] = GREY
    return covered


def _warped(image: Pixels, matrix: NDArray[np.float64]) -> Pixels:
    size = (image.shape[1], image.shape[0])
    moved = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _bytes(values: NDArray[np.floating[Any]]) -> Pixels:
    return np.asarray(np.rint(values).clip(0, 255), np.uint8)


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption(
        name="blur",
        title="Blur",
        severities=(0.01, 0.02, 0.03, 0.045, 0.06),
        apply=_blur,
        legend="the standard deviation, in parts of the image’s shorter side",
        seed=0,
    ),
    Corruption(
        name="noise",
        title="Noise",
        severities=(0.04, 0.08, 0.12, 0.18, 0.26),
        apply=_noise,
        legend="the standard deviation, in parts of the range of grey",
        seed=1,
    ),
    Corruption(
        name="shift",
        title="Shift",
        severities=(0.04, 0.08, 0.12, 0.16, 0.2),
        apply=_shift,
        legend="the way, in parts of the image’s shorter side",
        seed=2,
    ),
    Corruption(
        name="rotation",
        title="Rotation",
        severities=(6, 12, 18, 24, 30),
        apply=_rotation,
        legend="degrees, to either hand",
        seed=3,
        unit="°",
    ),
    Corruption(
        name="darkness",
        title="Darkness",
        severities=(0.8, 0.65, 0.5, 0.35, 0.2),
        apply=_darkness,
        legend="what is left of each pixel",
        seed=4,
    ),
    Corruption(
        name="occlusion",
        title="Occlusion",
        severities=(0.15, 0.25, 0.35, 0.45, LARGEST_SQUARE),
        apply=_occlusion,
        legend="the side of the grey square, in parts of the image’s shorter side",
        seed=5,
    ),
)
