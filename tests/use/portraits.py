"""The real picture of the tests: NASA's portrait of Eileen Collins, from scikit-image's wheel."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

FACE = (224, 113)
"""Where the middle of the face is: x and y, by eye."""


def portrait() -> NDArray[np.uint8]:
    """Return the portrait, uint8 RGB 512×512×3."""
    return np.asarray(skimage.data.astronaut(), np.uint8)


def save(path: Path, picture: NDArray[np.uint8]) -> Path:
    """Write an RGB or grey picture in the format of the path's suffix; any name will do."""
    bgr = picture[..., ::-1] if picture.ndim == 3 else picture
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, np.ascontiguousarray(bgr))[1].tobytes())
    return path


def film(path: Path, pictures: list[NDArray[np.uint8]], rate: float) -> Path:
    """Write an .avi of RGB pictures."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (width, height))
    for picture in pictures:
        writer.write(np.ascontiguousarray(picture[..., ::-1]))
    writer.release()
    return path
