"""Image files and pixels: decoding, fitting to a size, and an image's identity.

One rule for each kind of file, the same for its size and its pixels:

- the orientation that a camera noted (EXIF) is obeyed;
- transparent pixels are laid on mean grey (127); an image that is opaque all over is as without;
- 16 bits become 8: values that all fit into 8 bits are taken as they are, others divided by 256;
- where a file itself tells another range (PGM, TIFF of 12 bits), white is what it says;
- values of 16 bits that stay below 4096 are refused as those of 10 or 12 bits, and so are
  floating-point, negative and larger numbers: nothing tells their range;
- palettes, CMYK and other colour spaces become RGB, one bit becomes 0 and 255;
- colour profiles and gamma are not applied;
- of several pictures in one file (animations, pages) the first is taken;
- what is cut off, damaged, no image or too large is refused with the reason.
"""

from __future__ import annotations

import hashlib
import io
import math
import struct
import warnings
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from datasets.reading.pixel_rules import (
    FLOAT,
    GREY_MODES,
    PAM,
    Refused,
    frames_of,
    in_channels,
    narrowed,
    orientation_of,
    pixels_of,
    unidentified_pixels,
)
from datasets.reading.signatures import LENGTH, described, image_format
from datasets.records import UnreadableFile

warnings.filterwarnings("ignore", module=r"PIL\.")
Pixels = NDArray[np.uint8]
MOST_PIXELS = 2**27
"""Pixels of an image that is decoded (134 million)."""
LONGEST_SCALED = 2**14
"""The longest side that a picture is scaled to before its centre is cut out."""
_JPEG_END, _JPEG_SCAN, _PNG_END = b"\xff\xd9", 0xDA, b"IEND"


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded image, uint8 H×W×C, and of how many in its file it is the first."""

    pixels: Pixels
    frames: int


def decode(content: bytes, name: str, channels: int) -> Pixels:
    """Decode an image file to uint8 H×W×C, C 1 (grey) or 3 (RGB); raises ``UnreadableFile``."""
    return decode_picture(content, name, channels).pixels


def decode_picture(content: bytes, name: str, channels: int) -> Picture:
    """Decode an image file as `decode` does, and say how many pictures it holds."""
    try:
        try:
            with _opened(content) as image:
                pixels, frames = pixels_of(image, content, channels), frames_of(image)
        except UnidentifiedImageError:
            pixels, frames = in_channels(narrowed(unidentified_pixels(content)), channels), 1
    except _FAILURES as error:
        raise _refusal(name, content, error) from error
    return Picture(np.ascontiguousarray(pixels, dtype=np.uint8), frames)


def header(content: bytes, name: str) -> tuple[tuple[int, int], bool]:
    """Return (height, width) as decoded and whether the file can hold colour, from its header.

    Raises ``UnreadableFile`` for what is no image, and for floating-point pixels.
    """
    try:
        try:
            image = _opened(content)
        except UnidentifiedImageError:
            height, width, channels = unidentified_pixels(content).shape
            return (height, width), channels > 2
        with image:
            if image.mode == "F":
                raise Refused(FLOAT)
            turned = image.format != "TIFF" and orientation_of(image, content) >= 5
            size = (image.width, image.height) if turned else (image.height, image.width)
            return size, not image.mode.startswith("I;") and image.mode not in GREY_MODES
    except _FAILURES as error:
        raise _refusal(name, content, error) from error


def fit(pixels: Pixels, height: int, width: int) -> Pixels:
    """Scale H×W×C until it covers height × width (area interpolation), and crop the centre."""
    if pixels.shape[:2] == (height, width):
        return pixels
    scale = max(height / pixels.shape[0], width / pixels.shape[1])
    pixels = _centre(pixels, math.ceil(LONGEST_SCALED / scale), math.ceil(LONGEST_SCALED / scale))
    size = (max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    cropped = _centre(scaled, height, width)
    return np.ascontiguousarray(cropped.reshape(height, width, pixels.shape[2]), dtype=np.uint8)


def _centre(pixels: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Return the centre of height × width at most."""
    top, left = (max(0, n - m) // 2 for n, m in zip(pixels.shape, (height, width), strict=False))
    return pixels[top : top + height, left : left + width]


def image_id(pixels: Pixels) -> str:
    """Return an image's identity: the SHA-256 of its decoded pixels, in hex."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()


_FAILURES = (
    Refused,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    SyntaxError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    Image.DecompressionBombError,
    cv2.error,
)


def _refusal(name: str, content: bytes, error: Exception) -> UnreadableFile:
    if isinstance(error, Refused):
        reason = str(error)
    elif (kind := image_format(content[:LENGTH])) is None:
        reason = described(content[:LENGTH])
    elif kind in _UNDECODED:
        reason = f"{kind}, which is not decoded here; convert it to PNG or JPEG"
    else:
        reason = _why(kind, content, error)
    return UnreadableFile(f"{name}: not a readable image: {reason}", reason)


_UNDECODED = (PAM, "HEIC", "JPEG XL", "DICOM", "OpenEXR", "Radiance HDR")


def _why(kind: str, content: bytes, error: Exception) -> str:
    """Return why an image that begins as ``kind`` cannot be decoded, in the format's own words."""
    text = str(error)
    if isinstance(error, Image.DecompressionBombError):
        return f"too large: more than {MOST_PIXELS // 10**6} million pixels"
    if _is_cut_off(kind, content):
        return "truncated: it ends too early"
    if isinstance(error, UnidentifiedImageError):
        text = _own_words(kind, content)
    ends_early = "truncated" in text.lower() or text.startswith("unpack")
    if ends_early or isinstance(error, EOFError):
        return "truncated: it ends too early"
    text = " ".join(text.split())
    if "unknown" in text.lower() or "unsupported" in text.lower():
        return f"{kind} of a kind that is not decoded here: {text}"
    return f"damaged {kind}: {text}" if text else f"damaged {kind}"


def _own_words(kind: str, content: bytes) -> str:
    """Return what the reader of one format says, which Pillow's search among all drops."""
    Image.init()
    factory = Image.OPEN.get(kind, (None,))[0]
    if factory is None:
        return ""
    try:
        factory(io.BytesIO(content), "")
    except Exception as error:
        return str(error)
    return ""


def _opened(content: bytes) -> ImageFile.ImageFile:
    """Open an image by its header; refuses what is cut off, and too many pixels."""
    image = Image.open(io.BytesIO(content))
    if isinstance(image, ImageFile.StubImageFile):
        raise UnidentifiedImageError  # GRIB, HDF5 and others that Pillow knows by name alone
    if image.width * image.height > MOST_PIXELS:
        raise Refused(f"too large: more than {MOST_PIXELS // 10**6} million pixels")
    if _is_cut_off(image.format, content):
        raise Refused("truncated: it ends too early")
    return image


def _is_cut_off(kind: str | None, content: bytes) -> bool:
    """Tell whether an image has not its end; decoders may fill the rest with grey."""
    if kind == "PNG":
        return _PNG_END not in content[-4096:] and _PNG_END not in content
    if kind == "WEBP":
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    return kind in ("JPEG", "MPO") and content.find(_JPEG_END, _scan_of(content)) < 0


def _scan_of(content: bytes) -> int:
    """Return where the first scan of a JPEG begins, behind the thumbnail that it may carry."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker == _JPEG_SCAN:
            return place
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return place
