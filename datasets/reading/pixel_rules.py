"""The rules by which an image's pixels become 8 bits, grey or RGB, upright and opaque."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError
from PIL.TiffImagePlugin import COMPRESSION, COMPRESSION_INFO, ImageFileDirectory_v2

from datasets.reading.signatures import LENGTH, image_format

BEHIND = 127
"""The grey that transparent pixels are laid on."""
DARKEST = 4096
"""Values of 16 bits that stay below this are those of 10 or 12 bits, or of a black picture."""
FLOAT = "floating-point pixels, whose range nothing tells; save 8 or 16 bits"
BEYOND = "pixels of more than 16 bits, whose range nothing tells; save 8 or 16 bits"
NEGATIVE = "pixels with negative numbers, whose range nothing tells; save 8 or 16 bits without sign"
FEW = "16-bit pixels below 4096, as of 10 or 12 bits: nothing tells their range; save 8 bits"
ORIENTATION, BITS, PHOTOMETRIC, SAMPLE_FORMAT = 274, 258, 262, 339
"""Tags of EXIF and TIFF."""
BIG_TIFF = 43
_WHITE_IS_ZERO, _SIGNED, _FLOATING = 0, 2, 3
"""Values of the last two."""
PAM = "PAM"
"""A format whose colours and white OpenCV, which alone reads it, mistakes."""
GREY_MODES = ("1", "L", "LA", "La", "I", "F")
PLAIN_FORMATS = ("PNG", "JPEG", "MPO", "BMP", "DIB", "WEBP", "PPM", "TIFF")
"""Formats whose 8-bit images without transparency OpenCV decodes; Pillow decodes all others."""
_TURNS: dict[int, tuple[int, bool]] = {
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (3, True),
    6: (3, False),
    7: (1, True),
    8: (1, False),
}
"""Quarter turns against the clock, and whether mirrored after them, by orientation."""
_ORIENTED = (b"Exif", b"eXIf", b"EXIF", b"exif", b"tiff:Orientation")


class Refused(Exception):
    """An image that no rule allows to be decoded."""


def frames_of(image: Image.Image) -> int:
    """Return how many pictures a file holds; the previews of a JPEG do not count."""
    return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))


def orientation_of(image: Image.Image, content: bytes) -> int:
    """Return the orientation from 1 (upright) to 8 that the file notes."""
    marked = image.format in ("TIFF", "AVIF") or any(mark in content for mark in _ORIENTED)
    if not marked:
        return 1
    found = image.getexif().get(ORIENTATION, 1)
    return found if found in _TURNS else 1


def pixels_of(image: ImageFile.ImageFile, content: bytes, channels: int) -> NDArray[Any]:
    """Return the pixels of an opened image, H×W×C of uint8, upright; raises ``Refused``."""
    turn = orientation_of(image, content)
    if _sample_format(image) == _FLOATING or image.mode == "F":
        raise Refused(FLOAT)
    if (bits := _bits(image, content)) > 8:
        return in_channels(_turned(_sixteen(image, content, bits), turn, image), channels)
    if _sample_format(image) == _SIGNED and (_array(image).view(np.int8) < 0).any():
        raise Refused(NEGATIVE)
    transparent = "A" in image.getbands() or "a" in image.mode or "transparency" in image.info
    if _is_plain(image, content, turn) and not transparent:
        return _by_opencv(image, content, channels, turn)
    if not transparent:
        return in_channels(_turned(_by_pillow(image), turn, image), channels)
    picture = _array(image.convert("RGBA"))
    if _is_plain(image, content, turn) and picture[..., 3].min() == 255:
        return _by_opencv(image, content, channels, turn)
    return in_channels(_turned(_laid_on_grey(picture), turn, image), channels)


def _is_plain(image: Image.Image, content: bytes, turn: int) -> bool:
    if image.format not in PLAIN_FORMATS or image.mode in ("I", "F") or frames_of(image) > 1:
        return False
    if image.format == "PPM":
        return _largest(content) == 255 and content[:2] in (b"P5", b"P6")
    bits = max(_tag(image, BITS, (1,)))
    return image.format != "TIFF" or (
        turn == 1 and (image.mode == "1" or (image.mode in ("L", "RGB") and bits == 8))
    )


def _by_opencv(
    image: ImageFile.ImageFile, content: bytes, channels: int, turn: int
) -> NDArray[Any]:
    if image.format == "TIFF":
        image.load()  # which tells of damage, where OpenCV leaves the rest black
    flag = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
    flags = flag | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if pixels is None:
        image.load()
        raise ValueError("its pixels cannot be decoded")
    return _rotated(pixels.reshape(*pixels.shape[:2], channels), turn)


def _by_pillow(image: Image.Image) -> NDArray[Any]:
    """Return the pixels as uint8, H×W×1 or H×W×3."""
    mode = "L" if image.mode in ("1", "L") else "RGB"
    return _array(image.convert(mode))


def _array(image: Image.Image) -> NDArray[Any]:
    pixels = np.asarray(image)
    return pixels.reshape(*pixels.shape[:2], -1)


def _laid_on_grey(picture: NDArray[Any]) -> NDArray[Any]:
    """Lay RGBA on grey; transparent grey stays grey."""
    alpha = picture[..., 3:].astype(np.int32)
    colour = picture[..., :3].astype(np.int32)
    return ((colour * alpha + BEHIND * (255 - alpha) + 127) // 255).astype(np.uint8)


def _bits(image: Image.Image, content: bytes) -> int:
    """Return the bits of a value; Pillow alone drops some of them without a word."""
    if image.format == "PNG":
        return content[24]
    if image.format == "TIFF":
        return int(max(_tag(image, BITS, (1,))))
    if image.mode == "I" or image.mode.startswith("I;"):
        return 16
    return 16 if image.format == "PPM" and _largest(content) == 65535 else 8


def _sample_format(image: Image.Image) -> int:
    return int(_tag(image, SAMPLE_FORMAT, (1,))[0])


def _tag(image: Image.Image, tag: int, default: Any) -> Any:
    """Return a tag of a TIFF, and ``default`` for other formats."""
    return getattr(image, "tag_v2", {}).get(tag, default)


def _largest(content: bytes) -> int:
    """Return the value of white in a PPM, as its header tells; 1 where it has one bit."""
    lines = (line.partition(b"#")[0] for line in content[:LENGTH].splitlines())
    words = b" ".join(lines).split()
    return int(words[3]) if len(words) > 3 and words[3].isdigit() else 1


def _sixteen(image: ImageFile.ImageFile, content: bytes, bits: int) -> NDArray[Any]:
    """Return an image of more than 8 bits as uint8, H×W×1 or H×W×3."""
    if image.mode in ("CMYK", "LAB", "YCbCr"):
        raise Refused(f"{image.mode} of {bits} bits, which is not decoded here; save it as RGB")
    values = _array(image) if image.mode.startswith("I") else _unchanged(content)
    if values is not None and values.dtype == np.int32 and _sample_format(image) != _SIGNED:
        values = values.view(np.uint32)
    if values is None:
        image.load()
        raise ValueError("its pixels cannot be decoded")
    if image.format == "TIFF" and _tag(image, PHOTOMETRIC, 1) == _WHITE_IS_ZERO:
        values = 2**bits - 1 - values.astype(np.int64)
    return narrowed(values.astype(np.int64) << (16 - bits) if 8 < bits < 16 else values)


def _unchanged(content: bytes) -> NDArray[Any] | None:
    """Return what OpenCV reads, H×W×C of any type, RGB or RGBA where there is colour."""
    read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if read is None:
        return None
    values: NDArray[Any] = read.reshape(*read.shape[:2], -1)
    return values[..., (2, 1, 0, 3)[: values.shape[2]]] if values.shape[2] > 2 else values


def unidentified_pixels(content: bytes) -> NDArray[Any]:
    """Return the pixels of what OpenCV alone can read; raises where it cannot either."""
    kind = image_format(content[:LENGTH])
    if kind == "TIFF":
        _refuse_compression(content)
    values = _unchanged(content) if kind not in (None, PAM) else None
    if values is None:
        raise UnidentifiedImageError
    if values.dtype.kind == "f":
        raise Refused(FLOAT)
    return values


def _refuse_compression(content: bytes) -> None:
    """Refuse a TIFF of an unknown compression, whose pixels OpenCV leaves black."""
    long = BIG_TIFF in content[2:4]
    directory, file = ImageFileDirectory_v2(content[: 16 if long else 8]), io.BytesIO(content)
    file.seek(directory.next)
    directory.load(file)
    if (used := directory.get(COMPRESSION, 1)) not in COMPRESSION_INFO:
        raise Refused(f"TIFF of compression {used}, which is not decoded here; save it as PNG")


def narrowed(values: NDArray[Any]) -> NDArray[Any]:
    """Return grey, grey with alpha, RGB or RGBA of any whole numbers as uint8, H×W×1 or H×W×3."""
    colours = values[..., :3] if values.shape[2] > 2 else values[..., :1]
    narrow = _in_eight(colours)
    if values.shape[2] in (2, 4):
        alpha = _in_eight(values[..., -1:])
        if alpha.min() < 255:
            rgb = narrow.repeat(3, axis=2) if narrow.shape[2] == 1 else narrow
            return _laid_on_grey(np.concatenate([rgb, alpha], axis=2))
    return narrow


def _in_eight(values: NDArray[Any]) -> NDArray[Any]:
    largest = int(values.max())
    if values.min() < 0:
        raise Refused(NEGATIVE)
    if largest > 65535:
        raise Refused(BEYOND)
    if 255 < largest < DARKEST:
        raise Refused(FEW)
    return (values if largest <= 255 else values.astype(np.int64) >> 8).astype(np.uint8)


def _turned(pixels: NDArray[Any], turn: int, image: Image.Image) -> NDArray[Any]:
    """Turn ``pixels`` upright, unless the decoder of the format has done it."""
    return pixels if image.format == "TIFF" else _rotated(pixels, turn)


def _rotated(pixels: NDArray[Any], turn: int) -> NDArray[Any]:
    quarters, mirrored = _TURNS.get(turn, (0, False))
    upright = np.rot90(pixels, quarters)
    return upright[:, ::-1] if mirrored else upright


def in_channels(pixels: NDArray[Any], channels: int) -> NDArray[Any]:
    """Return uint8 H×W×1 or H×W×3 with so many channels."""
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(3, axis=2)
    contiguous = np.ascontiguousarray(pixels)
    return np.asarray(cv2.cvtColor(contiguous, cv2.COLOR_RGB2GRAY)).reshape(*pixels.shape[:2], 1)
