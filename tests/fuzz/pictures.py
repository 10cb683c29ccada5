"""Draws pictures in the formats that people have, and spoils them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """An image file: its bytes, its suffix, and its grey pixels where the format keeps them."""

    content: bytes
    suffix: str
    pixels: Grey | None


@dataclass(frozen=True)
class Format:
    """Suffixes that a format goes by, how grey pixels are written, and if it keeps them."""

    suffixes: tuple[str, ...]
    write: Callable[[Grey], bytes]
    exact: bool = True


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _as(kind: str, mode: str = "L", **options: Any) -> Callable[[Grey], bytes]:
    return lambda pixels: _saved(Image.fromarray(pixels).convert(mode), kind, **options)


def _sixteen_bits(pixels: Grey) -> bytes:
    return _saved(Image.fromarray(pixels.astype(np.uint16)), "PNG")


FORMATS = (
    Format(("", ".png", ".PNG", ".Png"), _as("PNG")),
    Format((".png",), _as("PNG", "RGB")),
    Format((".png",), _as("PNG", "RGBA")),
    Format((".png", ""), _as("PNG", "P")),
    Format((".png",), _sixteen_bits),
    Format((".bmp", ".BMP"), _as("BMP")),
    Format((".tif", ".tiff", ".TIF"), _as("TIFF")),
    Format((".tiff", ""), _as("TIFF", compression="tiff_lzw")),
    Format((".gif", ".GIF", ""), _as("GIF")),
    Format((".pgm",), _as("PPM")),
    Format((".webp",), _as("WEBP", "RGB", lossless=True)),
    Format((".jpg", ".JPG", ".jpeg", ".jpe", ".jfif", ""), _as("JPEG"), exact=False),
    Format((".jpg",), _as("JPEG", "RGB", progressive=True), exact=False),
)


def picture(rng: Random, side: int, suffixes: Sequence[str] = ()) -> Picture:
    """Draw ``side`` × ``side`` pixels of grey noise; with ``suffixes`` one of them is its own."""
    pixels = np.random.default_rng(rng.randrange(2**32)).integers(0, 256, (side, side), np.uint8)
    drawn = rng.choice(FORMATS)
    suffix = rng.choice(suffixes or drawn.suffixes)
    return Picture(drawn.write(pixels), suffix, pixels if drawn.exact else None)


def _float_tiff(content: bytes) -> bytes:
    del content
    return _saved(Image.fromarray(np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)), "TIFF")


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut in the middle": lambda content: content[: len(content) // 2],
    "cut before the end": lambda content: content[: len(content) * 9 // 10],
    "empty": lambda _: b"",
    "text": lambda _: b"<html>not found</html>",
    "zeros": lambda content: bytes(len(content)),
    "floating-point": _float_tiff,
}
"""What becomes of an image's bytes; none of it can be decoded."""
