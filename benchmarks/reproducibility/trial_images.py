"""Images on which a model is tried without any data set."""

from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.exchange.exporting.export import random_images
from datasets.synthetic_faces import synthetic_faces

FACES = 48


def trial_images(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return images, uint8 N×H×W×C, the same each time: 16 of noise and blots, 48 drawn faces."""
    height, width, channels = shape
    drawn = synthetic_faces.read(None, {**synthetic_faces.options, "posed": True})
    faces = [cv2.resize(each.image, (width, height)) for each in islice(drawn.samples(), FACES)]
    grey = np.stack(faces).reshape(FACES, height, width, 1)
    return np.concatenate([random_images(shape), np.repeat(grey, channels, axis=3)])
