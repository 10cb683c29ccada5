"""Image files and pixels: decoding, fitting to a size, and an image's identity.

One rule for each kind of file, the same for its size and its pixels:

- the orientation that a camera noted (EXIF) is obeyed;
- transparent pixels are laid on mean grey (127); an image that is opaque all over is as without;
- 16 bits become 8: values that all fit into 8 bits are taken as they are, others divided by 256;
- floating-point pixels, and whole numbers beyond 16 bits, are refused: nothing tells their range;
- palettes, CMYK and other colour spaces become RGB, one bit becomes 0 and 255;
- of several pictures in one file (animations, pages) the first is taken;
- what is cut off, damaged, no image or too large is refused with the reason.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from datasets.reading.signatures import LENGTH, described, image_format
from datasets.records import UnreadableFile

warnings.filterwarnings("ignore", module=r"PIL\.")
Pixels = NDArray[np.uint8]
MOST_PIXELS = 2**27
"""Pixels of an image that is decoded (134 million)."""
BEHIND = 127
"""The grey that transparent pixels are laid on."""
FLOAT = "floating-point pixels, whose range nothing tells; save 8 or 16 bits"
ORIENTATION, BITS = 274, 258
"""Tags of EXIF and TIFF."""
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
                pixels, frames = _pixels(image, content, channels), _frames(image)
        except UnidentifiedImageError:
            pixels, frames = _in_channels(_narrowed(_unidentified(content)), channels), 1
    except _FAILURES as error:
        raise _refusal(name, content, error) from error
    return Picture(np.ascontiguousarray(pixels, dtype=np.uint8), frames)


def header(content: bytes, name: str) -> tuple[tuple[int, int], bool]:
    """Return (height, width) as decoded and whether the file can hold colour, from its header.

    Raises ``UnreadableFile`` for what is no image.
    """
    try:
        try:
            image = _opened(content)
        except UnidentifiedImageError:
            height, width, channels = _unidentified(content).shape
            return (height, width), channels > 2
        with image:
            turned = image.format != "TIFF" and _orientation(image, content) >= 5
            size = (image.width, image.height) if turned else (image.height, image.width)
            return size, not image.mode.startswith("I;") and image.mode not in GREY_MODES
    except _FAILURES as error:
        raise _refusal(name, content, error) from error


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


class _Refused(Exception):
    """An image that no rule allows to be decoded."""


_FAILURES = (
    _Refused,
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
    Image.DecompressionBombError,
    cv2.error,
)


def _refusal(name: str, content: bytes, error: Exception) -> UnreadableFile:
    if isinstance(error, _Refused):
        reason = str(error)
    elif (kind := image_format(content[:LENGTH])) is None:
        reason = described(content[:LENGTH])
    elif kind in _UNDECODED:
        reason = f"{kind}, which is not decoded here; convert it to PNG or JPEG"
    else:
        reason = _why(kind, content, error)
    return UnreadableFile(f"{name}: not a readable image: {reason}", reason)


_UNDECODED = ("HEIC", "JPEG XL", "DICOM", "OpenEXR", "Radiance HDR")


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
    return f"damaged {kind}: {' '.join(text.split())}" if text else f"damaged {kind}"


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
    if image.width * image.height > MOST_PIXELS:
        raise _Refused(f"too large: more than {MOST_PIXELS // 10**6} million pixels")
    if _is_cut_off(image.format, content):
        raise _Refused("truncated: it ends too early")
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


def _frames(image: Image.Image) -> int:
    return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))


def _orientation(image: Image.Image, content: bytes) -> int:
    """Return the orientation from 1 (upright) to 8 that the file notes."""
    marked = image.format in ("TIFF", "AVIF") or any(mark in content for mark in _ORIENTED)
    if not marked:
        return 1
    found = image.getexif().get(ORIENTATION, 1)
    return found if found in _TURNS else 1


def _pixels(image: ImageFile.ImageFile, content: bytes, channels: int) -> NDArray[Any]:
    turn = _orientation(image, content)
    if _bits(image, content) > 8:
        return _in_channels(_turned(_sixteen(image, content), turn, image), channels)
    if image.mode == "F":
        raise _Refused(FLOAT)
    transparent = "A" in image.getbands() or "a" in image.mode or "transparency" in image.info
    if _is_plain(image, turn) and not transparent:
        return _by_opencv(content, channels, turn)
    if not transparent:
        return _in_channels(_turned(_by_pillow(image), turn, image), channels)
    picture = _array(image.convert("RGBA"))
    if _is_plain(image, turn) and picture[..., 3].min() == 255:
        return _by_opencv(content, channels, turn)
    return _in_channels(_turned(_laid_on_grey(picture), turn, image), channels)


def _is_plain(image: Image.Image, turn: int) -> bool:
    if image.format not in PLAIN_FORMATS or image.mode in ("I", "F") or _frames(image) > 1:
        return False
    return image.format != "TIFF" or (turn == 1 and image.mode in ("1", "L", "RGB"))


def _by_opencv(content: bytes, channels: int, turn: int) -> NDArray[Any]:
    flag = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
    flags = flag | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if pixels is None:
        with Image.open(io.BytesIO(content)) as image:
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
        bits = getattr(image, "tag_v2", {}).get(BITS, (1,))
        return 8 if image.mode == "F" else max(bits)
    if image.mode == "I" or image.mode.startswith("I;"):
        return 16
    return 16 if image.format == "PPM" and _is_deep_ppm(content) else 8


def _is_deep_ppm(content: bytes) -> bool:
    lines = (line.partition(b"#")[0] for line in content[:LENGTH].splitlines())
    words = b" ".join(lines).split()
    return len(words) > 3 and words[3].isdigit() and int(words[3]) > 255


def _sixteen(image: ImageFile.ImageFile, content: bytes) -> NDArray[Any]:
    """Return an image of more than 8 bits as uint8, H×W×1 or H×W×3."""
    if image.mode.startswith("I"):
        return _narrowed(_array(image))
    values = _unchanged(content)
    if values is None:
        image.load()
        raise ValueError("its pixels cannot be decoded")
    return _narrowed(values)


def _unchanged(content: bytes) -> NDArray[Any] | None:
    """Return what OpenCV reads, H×W×C of any type, RGB or RGBA where there is colour."""
    read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if read is None:
        return None
    values: NDArray[Any] = read.reshape(*read.shape[:2], -1)
    return values[..., (2, 1, 0, 3)[: values.shape[2]]] if values.shape[2] > 2 else values


def _unidentified(content: bytes) -> NDArray[Any]:
    """Return the pixels of what OpenCV alone can read; raises where it cannot either."""
    values = _unchanged(content) if image_format(content[:LENGTH]) else None
    if values is None:
        raise UnidentifiedImageError
    if values.dtype.kind == "f":
        raise _Refused(FLOAT)
    return values


def _narrowed(values: NDArray[Any]) -> NDArray[Any]:
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
    if values.min() < 0 or values.max() > 65535:
        raise _Refused("pixels of more than 16 bits, whose range nothing tells; save 8 or 16 bits")
    return (values if values.max() <= 255 else values.astype(np.int64) >> 8).astype(np.uint8)


def _turned(pixels: NDArray[Any], turn: int, image: Image.Image) -> NDArray[Any]:
    """Turn ``pixels`` upright, unless the decoder of the format has done it."""
    return pixels if image.format == "TIFF" else _rotated(pixels, turn)


def _rotated(pixels: NDArray[Any], turn: int) -> NDArray[Any]:
    quarters, mirrored = _TURNS.get(turn, (0, False))
    upright = np.rot90(pixels, quarters)
    return upright[:, ::-1] if mirrored else upright


def _in_channels(pixels: NDArray[Any], channels: int) -> NDArray[Any]:
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(3, axis=2)
    contiguous = np.ascontiguousarray(pixels)
    return np.asarray(cv2.cvtColor(contiguous, cv2.COLOR_RGB2GRAY)).reshape(*pixels.shape[:2], 1)
