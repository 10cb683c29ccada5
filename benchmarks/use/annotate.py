"""Copies of pictures with the faces and the answers drawn in."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.use.faces import Box
from benchmarks.use.pictures import SAVED, FaceAnswer, File, read
from datasets.files import replacing

LEAST_SIDE = 320
COLOUR, INK = (255, 176, 0), (0, 0, 0)
JPEG = (".jpg", ".jpeg")


class AnnotatedCopies:
    """A folder of annotated copies, named ``<name>.predicted.jpg`` or ``.png``.

    Copies lie in it as their originals lie below what was named; two of one name are numbered.
    No file but such a copy is ever replaced.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: set[Path] = set()

    def add(self, file: File, answers: list[FaceAnswer], class_names: tuple[str, ...]) -> Path:
        """Write the copy of ``file``; return its place."""
        drawn = annotated(read(file.path, 3), answers, class_names)
        place = self._place(file)
        content = io.BytesIO()
        drawn.save(content, "JPEG" if place.suffix in JPEG else "PNG", quality=92)
        with replacing(place) as temporary:
            temporary.write_bytes(content.getvalue())
        return place

    def _place(self, file: File) -> Path:
        suffix = ".jpg" if file.name.suffix.lower() in JPEG else ".png"
        folder, number = self._folder / file.name.parent, 1
        place = folder / f"{file.name.stem}{SAVED}{suffix}"
        while place in self._taken:
            number += 1
            place = folder / f"{file.name.stem}-{number}{SAVED}{suffix}"
        self._taken.add(place)
        return place


def annotated(
    picture: NDArray[np.uint8], answers: list[FaceAnswer], class_names: tuple[str, ...]
) -> Image.Image:
    """Return an RGB picture H×W×3, enlarged where it is small, with boxes and answers."""
    scale = max(1.0, LEAST_SIDE / max(picture.shape[:2]))
    height, width = (round(side * scale) for side in picture.shape[:2])
    if scale > 1:
        picture = np.asarray(cv2.resize(picture, (width, height)), np.uint8)
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    size = max(14, min(height, width) // 28)
    font = ImageFont.load_default(size)
    for answer in answers:
        left, top, right, bottom = _corners(answer.box, scale, width, height)
        pen.rectangle((left, top, right, bottom), outline=COLOUR, width=max(2, size // 8))
        text = f"{answer.best(class_names)} {100 * answer.probabilities.max():.0f} %"
        words = pen.textbbox((0, 0), text, font=font)
        x = max(0, min(left, width - words[2] - size // 2))
        y = top - words[3] - size // 2 if top > 2 * size else bottom - words[3] - size // 2
        pen.rectangle((x, y, x + words[2] + size // 2, y + words[3] + size // 2), fill=COLOUR)
        pen.text((x + size // 4, y + size // 4), text, fill=INK, font=font)
    return image


def _corners(box: Box | None, scale: float, width: int, height: int) -> tuple[int, ...]:
    if box is None:
        return 0, 0, width - 1, height - 1
    edges = (box.x, box.y, box.x + box.side, box.y + box.side)
    return tuple(round(edge * scale) for edge in edges)
