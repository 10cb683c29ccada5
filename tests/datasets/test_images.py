"""A pixel is what the file shows: one rule for each kind of file, for its size and its pixels."""

from __future__ import annotations

import io
import struct
import tracemalloc
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datasets.reading.images import decode, decode_picture, fit, header
from datasets.records import UnreadableFile
from tests.datasets.samples import noise

COLOUR = noise(1, size=(64, 48), channels=3)
PAM = b"P7\nWIDTH 48\nHEIGHT 64\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n"
GREY = noise(2, size=(64, 48))
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def saved(image: Image.Image, kind: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def encoded(suffix: str, pixels: NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff", ".pgm", ".ppm"])
@pytest.mark.parametrize("drawn", [GREY, COLOUR])
def test_ordinary_images_are_decoded_as_opencv_does(
    drawn: NDArray[np.uint8], suffix: str, channels: int
) -> None:
    if suffix in (".pgm", ".ppm"):
        drawn = GREY if suffix == ".pgm" else COLOUR
    content = encoded(suffix, drawn)
    flag = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
    plain = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    assert (decode(content, "it", channels).squeeze() == plain).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_stored_sideways_is_the_upright_one(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.fromarray(COLOUR).transpose(STORED[orientation])
    lossless = {"lossless": True} if kind == "WEBP" else {}
    content = saved(stored, kind, exif=exif, **lossless)
    assert header(content, "it")[0] == (64, 48)
    assert (decode(content, "it", 3) == COLOUR).all()


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".pgm"])
def test_sixteen_bits_that_hold_eight_are_taken_as_they_are(suffix: str) -> None:
    content = encoded(suffix, GREY.astype(np.uint16))
    assert (decode(content, "it", 1) == GREY).all()


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".pgm"])
def test_sixteen_bits_become_eight(suffix: str) -> None:
    content = encoded(suffix, GREY.astype(np.uint16) * 257)
    assert (decode(content, "it", 1) == GREY).all()


def tiff(pixels: NDArray[Any], bits: int = 0, **tags: int) -> bytes:
    """A grey TIFF written by hand: ``white_is_zero`` and ``sample_format`` are what they say."""
    data, (height, width) = pixels.tobytes(), pixels.shape
    entries = {256: width, 257: height, 258: bits or pixels.itemsize * 8, 259: 1}
    entries |= {262: 1 - tags.get("white_is_zero", 0), 273: 8, 277: 1, 278: height}
    entries |= {279: len(data), 339: tags.get("sample_format", 1)}
    lines = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries.items())
    count = struct.pack("<H", len(entries))
    return struct.pack("<4sI", b"II*\0", 8 + len(data)) + data + count + lines + bytes(4)


@pytest.mark.parametrize("most", [1, 15, 100, 255, 1023, 65535])
@pytest.mark.parametrize("kind", ["P2", "P5", "P6"])
def test_white_is_what_a_pgm_or_ppm_says(kind: str, most: int) -> None:
    drawn = (COLOUR if kind == "P6" else GREY).astype(np.int64) * most // 255
    numbers = (
        " ".join(map(str, drawn.ravel())).encode()
        if kind == "P2"
        else drawn.astype(">u2" if most > 255 else np.uint8).tobytes()
    )
    content = f"{kind}\n48 64\n{most}\n".encode() + numbers
    shown = decode(content, "it", drawn.shape[2]).astype(np.int64)
    assert np.abs(shown - drawn * 255 / most).max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_white_may_be_zero(kind: type) -> None:
    whole = GREY[..., 0].astype(kind) * (np.iinfo(kind).max // 255)
    content = tiff(np.iinfo(kind).max - whole, white_is_zero=1)
    assert (decode(content, "it", 1) == GREY).all()


def test_twelve_bits_that_a_file_tells_of_become_eight() -> None:
    twelve = "".join(f"{value * 16:012b}" for value in GREY.ravel().tolist())
    packed = np.frombuffer(int(twelve, 2).to_bytes(len(twelve) // 8, "big"), np.uint8)
    content = tiff(packed.reshape(64, 72), bits=12).replace(
        struct.pack("<HHII", 256, 4, 1, 72), struct.pack("<HHII", 256, 4, 1, 48)
    )
    assert (decode(content, "it", 1) == GREY).all()


def test_transparent_pixels_are_laid_on_mean_grey() -> None:
    alpha = np.zeros((64, 48, 1), np.uint8)
    alpha[:32] = 255
    content = saved(Image.fromarray(np.concatenate([COLOUR, alpha], axis=2)), "PNG")
    pixels = decode(content, "it", 3)
    assert (pixels[:32] == COLOUR[:32]).all()
    assert (pixels[32:] == 127).all()


def test_an_opaque_alpha_channel_changes_nothing() -> None:
    alpha = np.full((64, 48, 1), 255, np.uint8)
    content = saved(Image.fromarray(np.concatenate([COLOUR, alpha], axis=2)), "PNG")
    assert (decode(content, "it", 3) == COLOUR).all()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_of_several_pictures_the_first_is_taken(kind: str) -> None:
    first = Image.fromarray(np.full((16, 16), 200, np.uint8))
    second = Image.fromarray(np.full((16, 16), 20, np.uint8))
    content = saved(first, kind, save_all=True, append_images=[second])
    picture = decode_picture(content, "it", 1)
    assert picture.frames == 2
    assert abs(picture.pixels.mean() - 200) < 3


@pytest.mark.parametrize("mode", ["1", "P", "LA", "CMYK", "I"])
def test_every_mode_has_the_size_of_its_header(mode: str) -> None:
    content = saved(Image.fromarray(COLOUR).convert("L").convert(mode), "TIFF")
    assert decode(content, "it", 1).shape[:2] == header(content, "it")[0] == (64, 48)


@pytest.mark.parametrize("kind", ["AVIF", "JPEG2000", "GIF", "JPEG"])
def test_other_formats_are_decoded(kind: str) -> None:
    content = saved(Image.fromarray(GREY[..., 0]), kind)
    assert np.abs(decode(content, "it", 1)[..., 0].astype(int) - GREY[..., 0]).mean() < 6


def reason(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        decode(content, "faces/1.png", 1)
    assert "faces/1.png: not a readable image" in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floating_point_pixels_are_refused(kind: type) -> None:
    assert "floating-point pixels" in reason(encoded(".tiff", np.ones((8, 8), kind)))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("bits", [10, 12])
def test_fewer_bits_within_sixteen_are_refused(bits: int, suffix: str) -> None:
    content = encoded(suffix, GREY.astype(np.uint16) << (bits - 8))
    assert "as of 10 or 12 bits" in reason(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (tiff(GREY[..., 0].view(np.int8), sample_format=2), "negative numbers"),
        (tiff(GREY[..., 0].astype(np.int16) - 99, sample_format=2), "negative numbers"),
        (tiff(GREY[..., 0].astype(np.uint32) << 24), "more than 16 bits"),
        (tiff(GREY[..., 0].astype(np.float16), sample_format=3), "TIFF of a kind that is not"),
    ],
)
def test_numbers_whose_range_nothing_tells_are_refused(content: bytes, why: str) -> None:
    assert why in reason(content)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".pgm"])
def test_an_image_that_is_cut_off_is_refused(suffix: str, share: float) -> None:
    content = encoded(suffix, GREY)
    assert "truncated" in reason(content[: int(len(content) * share)])


@pytest.mark.parametrize("drawn", [GREY[..., 0], COLOUR])
def test_a_compressed_tiff_that_is_damaged_is_not_half_a_picture(
    drawn: NDArray[np.uint8],
) -> None:
    content = saved(Image.fromarray(drawn), "TIFF", compression="tiff_lzw")
    spoilt = content[:500] + bytes(len(content[500:-300])) + content[-300:]
    assert "damaged TIFF" in reason(spoilt)


def test_a_tiff_of_an_unknown_compression_is_not_a_black_picture() -> None:
    entry = struct.pack("<HHI", 259, 4, 1)
    content = tiff(GREY[..., 0]).replace(entry + b"\1", entry + b"\x66")
    assert "TIFF of compression 102, which is not decoded here" in reason(content)


@pytest.mark.parametrize("magic", [b"\x89HDF\r\n\x1a\n", b"GRIB\0\0\0\1", b"BUFR\0\0\0\1"])
def test_what_pillow_knows_by_name_alone_is_no_image(magic: bytes) -> None:
    assert "not an image" in reason(magic + bytes(99))


@pytest.mark.parametrize("shape", [(1, 100_000, 1), (100_000, 1, 1), (1, 2_000_000, 3)])
def test_a_line_becomes_its_centre_and_fills_no_memory(shape: tuple[int, int, int]) -> None:
    line = np.zeros(shape, np.uint8)
    middle = max(shape) // 2
    (line[:, middle - 9 : middle + 9] if shape[0] == 1 else line[middle - 9 : middle + 9])[:] = 255
    tracemalloc.start()
    assert (fit(line, 96, 96) == 255).all()
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


def test_a_jpeg_padded_with_zeros_is_cut_off_too() -> None:
    content = encoded(".jpg", noise(3, size=(200, 200)))
    assert "truncated" in reason(content[:2000] + bytes(len(content) - 2000))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>", "a web page, not the file; download it again"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the file; run git"),
        (b"Dear friend,", "not an image: it begins with 'Dear friend,'"),
        (bytes(400), "not an image: it begins with zeros"),
        (PAM + COLOUR.tobytes(), "PAM, which is not decoded here; convert it to PNG"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(99), "HEIC, which is not decoded here"),
    ],
)
def test_what_is_no_image_is_said(content: bytes, why: str) -> None:
    assert why in reason(content)


def test_a_picture_of_too_many_pixels_is_refused_by_its_header() -> None:
    content = bytearray(encoded(".bmp", GREY))
    content[18:26] = (20_000).to_bytes(4, "little") * 2
    assert "too large" in reason(bytes(content))
