"""Finding the faces in a picture and cutting them out as a data set of faces holds them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.errors import InputError
from datasets.reading.images import Pixels, fit

FACE_SHARE = 0.98
"""How much of a FER2013 image's side the detector's box takes: the median of 488 detections in
600 random training images, enlarged and with their edges continued."""

SMALL = 128
"""A square picture of at most so many pixels a side is a face that somebody has cut out."""

SEARCHED_SIDE = 1024
LEAST_FACE = 30
NEIGHBOURS = 5


@dataclass(frozen=True)
class Box:
    """A square in a picture, in its pixels, from the top left corner."""

    x: int
    y: int
    side: int


@dataclass(frozen=True, eq=False)
class FoundFace:
    """What a model is shown: uint8 H×W×C of the data set's shape, and where it was cut out.

    ``box`` is ``None`` for a picture that was taken whole.
    """

    box: Box | None
    pixels: Pixels


class FaceFinder:
    """OpenCV's Haar cascade for frontal faces (Viola & Jones 2001; Lienhart & Maydt 2002).

    One object serves one thread at a time. Raises ``InputError`` where OpenCV has no cascades.
    """

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        file = folder / "haarcascade_frontalface_alt2.xml"
        if not (file.is_file() and hasattr(cv2, "CascadeClassifier")):
            raise InputError(
                f"OpenCV {cv2.__version__} has no face detector: install "
                "'opencv-python-headless>=4.12,<5', or take pictures whole (--whole)"
            )
        self._cascade = cv2.CascadeClassifier(str(file))

    def find(self, picture: Pixels) -> list[Box]:
        """Return the faces in a uint8 picture H×W×C (grey or RGB), the largest first.

        Large pictures are searched at 1,024 pixels; faces under 30 pixels there are not found.
        """
        grey = (
            picture[..., 0] if picture.shape[2] == 1 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        )
        shrunk = min(1.0, SEARCHED_SIDE / max(grey.shape))
        if shrunk < 1:
            height, width = (max(1, round(side * shrunk)) for side in grey.shape)
            grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        found = self._cascade.detectMultiScale(
            np.ascontiguousarray(grey), 1.1, NEIGHBOURS, minSize=(LEAST_FACE, LEAST_FACE)
        )
        boxes = [_box(x / shrunk, y / shrunk, side / shrunk, picture) for x, y, side, _ in found]
        return sorted(boxes, key=lambda box: (-box.side, box.y, box.x))


def faces_in(
    picture: Pixels, shape: tuple[int, int, int], finder: FaceFinder | None
) -> list[FoundFace]:
    """Return what a model for images of ``shape`` is shown of a picture with as many channels.

    A picture of the data set's own size, a small square one, and every picture where there is
    no ``finder``, is taken whole. Scaling is that of the data sets (`datasets.reading.images.fit`).
    """
    height, width, _ = shape
    if finder is None or is_face_crop(picture, shape):
        return [FoundFace(None, fit(picture, height, width))]
    return [FoundFace(box, fit(_cut(picture, box), height, width)) for box in finder.find(picture)]


def is_face_crop(picture: Pixels, shape: tuple[int, int, int]) -> bool:
    """Tell whether a picture is, by its size, an image of a data set rather than a photograph."""
    size = picture.shape[:2]
    return size == shape[:2] or (size[0] == size[1] and size[0] <= SMALL)


def _box(x: float, y: float, side: float, picture: Pixels) -> Box:
    """Widen a detection to a data set's margin and keep it inside the picture."""
    height, width = picture.shape[:2]
    wide = max(1, min(round(side / FACE_SHARE), height, width))
    left, top = round(x + (side - wide) / 2), round(y + (side - wide) / 2)
    return Box(min(max(left, 0), width - wide), min(max(top, 0), height - wide), wide)


def _cut(picture: Pixels, box: Box) -> Pixels:
    return picture[box.y : box.y + box.side, box.x : box.x + box.side]
