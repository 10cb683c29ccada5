"""Image files and pixels: decoding, fitting to a size, and an image's identity."""

from __future__ import annotations

import hashlib
import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.records import DataError

Pixels = NDArray[np.uint8]
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")


def decode(content: bytes, name: str, channels: int) -> Pixels:
    """Decode an image file to uint8 H×W×C, C 1 (grey) or 3 (RGB); raises ``DataError``.

    Orientation marks (EXIF) are obeyed, transparency is dropped, 16 bits become 8.
    """
    flag = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise DataError(f"{name}: not a readable image; remove it or replace it")
    return np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], channels), dtype=np.uint8)


def header(content: bytes, name: str) -> tuple[tuple[int, int], bool]:
    """Return (height, width) and whether the file can hold colour, without decoding its pixels.

    Raises ``DataError`` for what is no image.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            return (image.height, image.width), image.mode not in ("1", "L", "LA", "I", "I;16")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{name}: not a readable image; remove it or replace it") from error


def fit(pixels: Pixels, height: int, width: int) -> Pixels:
    """Scale H×W×C until it covers height × width (area interpolation), and crop the centre."""
    if pixels.shape[:2] == (height, width):
        return pixels
    scale = max(height / pixels.shape[0], width / pixels.shape[1])
    size = (max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    cropped = scaled[top : top + height, left : left + width]
    return np.ascontiguousarray(cropped.reshape(height, width, pixels.shape[2]), dtype=np.uint8)


def image_id(pixels: Pixels) -> str:
    """Return an image's identity: the SHA-256 of its decoded pixels, in hex."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()
