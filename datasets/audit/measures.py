"""How bright, how rich in contrast and how sharp a picture is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.reading.images import Pixels

MEASURES = ("brightness", "contrast", "sharpness")


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Three measures in grey levels: numbers of one picture, or float64 arrays over N pictures.

    ``brightness`` is the mean of the pixels, ``contrast`` their standard deviation, ``sharpness``
    the mean absolute Laplacian; colour is made grey first.
    """

    brightness: NDArray[np.float64]
    contrast: NDArray[np.float64]
    sharpness: NDArray[np.float64]


def grey(image: Pixels) -> Pixels:
    """Return an image of H×W×C, C 1 or 3, as H×W."""
    if image.shape[2] == 1:
        return image[..., 0]
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def measure(images: NDArray[np.uint8]) -> Measures:
    """Measure each of ``images``, uint8 N×H×W×C."""
    found = np.array([measure_one(np.asarray(image)) for image in images]).reshape(len(images), 3)
    return Measures(brightness=found[:, 0], contrast=found[:, 1], sharpness=found[:, 2])


def measure_one(image: Pixels) -> tuple[float, float, float]:
    """Return brightness, contrast and sharpness of one image, H×W×C."""
    flat = grey(image)
    mean, deviation = cv2.meanStdDev(flat)
    sharpness = np.abs(cv2.Laplacian(flat, cv2.CV_16S)).mean()
    return mean.item(), deviation.item(), float(sharpness)
