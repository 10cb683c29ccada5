"""Files that pass for images by their names, and why each of them is left out."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from tests.datasets.samples import noise

PIXELS = noise(1, size=(16, 16), channels=3)
GREY = PIXELS[..., 0]


def saved(kind: str, pixels: Any = PIXELS, mode: str = "", **settings: Any) -> bytes:
    file, image = io.BytesIO(), Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(file, kind, **settings)
    return file.getvalue()


def png(width: int, height: int, *, bits: int = 8, colour: int = 0, data: bytes = b"") -> bytes:
    """A PNG whose header says what it likes."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def replaced(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place + len(new) :]


def bmp(width: int, height: int) -> bytes:
    return replaced(saved("BMP"), 18, struct.pack("<ii", width, height))


def gif(width: int, height: int) -> bytes:
    return replaced(saved("GIF"), 6, struct.pack("<HH", width, height))


def jpeg(width: int, height: int) -> bytes:
    content = saved("JPEG")
    frame = content.index(b"\xff\xc0")
    return replaced(content, frame + 5, struct.pack(">HH", height, width))


def tiff(entries: dict[int, int], data: bytes = bytes(256)) -> bytes:
    """A TIFF whose entries say what they like."""
    lines = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries.items())
    count = struct.pack("<H", len(entries))
    return struct.pack("<4sI", b"II*\0", 8 + len(data)) + data + count + lines + bytes(4)


PLAIN = {256: 16, 257: 16, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 16, 279: 256}


def text_bomb() -> bytes:
    """A PNG with a compressed comment of a hundred megabytes."""
    content = saved("PNG")
    packed = b"comment\0\0" + zlib.compress(bytes(100 << 20), 9)
    return content[:33] + chunk(b"zTXt", packed) + content[33:]


def exif_bomb() -> bytes:
    """A JPEG whose directory of EXIF leads back to itself and promises four billion values."""
    entry = struct.pack("<HHII", 0x8769, 4, 0xFFFFFFFF, 8) + struct.pack("<HHII", 274, 3, 9**9, 8)
    block = b"Exif\0\0II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entry
    block += struct.pack("<I", 8)
    content = saved("JPEG")
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + content[2:]


def many_frames() -> bytes:
    """A GIF whose second picture is damaged; the first is taken."""
    first, second = (Image.fromarray(np.full((16, 16), level, np.uint8)) for level in (9, 200))
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=[second])
    return file.getvalue()[:-20]


def info(text: str) -> PngImagePlugin.PngInfo:
    held = PngImagePlugin.PngInfo()
    held.add_text("Orientation", text)
    return held


FLOATS = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
NANS = np.full((16, 16), np.nan, np.float32)
TRUNCATED = "truncated: it ends too early"
TOO_LARGE = "too large: more than 134 million pixels"


def folder(place: Path) -> None:
    place.mkdir()


def loop(place: Path) -> None:
    place.symlink_to(place.name)


def nowhere(place: Path) -> None:
    place.symlink_to("absent.png")


def locked(place: Path) -> None:
    place.write_bytes(saved("PNG"))
    place.chmod(0)


Given = bytes | Callable[[Path], None]
UNREADABLE: MappingProxyType[str, tuple[Given, str]] = MappingProxyType(
    {
        "empty": (b"", "an empty file"),
        "one byte": (b"\x89", "not an image: it begins with '"),
        "zeros": (bytes(4096), "not an image: it begins with zeros"),
        "ones": (b"\xff" * 4096, "not an image: it begins with '"),
        "text": (b"hello, I am a face", "not an image: it begins with 'hello, I am a fa'"),
        "steering text": (b"\x1b[2Jboo", "not an image: it begins with '\\x1b[2Jboo'"),
        "UTF-16 text": ("hello".encode("utf-16"), "not an image of a known format"),
        "HTML": (b"  <HTML><body>404", "a web page, not the file; download it again"),
        "JSON": (b'{"error": "no access"}', 'not an image: it begins with \'{"error": "no ac\''),
        "XML": (
            b"<?xml version='1.0'?><Error/>",
            'not an image: it begins with "<?xml version=\'1"',
        ),
        "SVG": (
            b'<svg xmlns="http://www.w3.org/2000/svg"/>',
            "not an image: it begins with '<svg xmlns=\"http'",
        ),
        "LFS pointer": (
            b"version https://git-lfs.github.com/spec/v1\n",
            "a Git LFS pointer, not the file; run git lfs pull",
        ),
        "PDF": (b"%PDF-1.7\n%\xe2\xe3", "not an image: it begins with '%PDF-1.7 %"),
        "zip": (b"PK\x03\x04" + bytes(99), "an archive"),
        "gzip": (b"\x1f\x8b\x08" + bytes(99), "an archive"),
        "ELF": (b"\x7fELF\x02\x01\x01" + bytes(99), "not an image of a known format"),
        "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "not an image of a known format"),
        "NumPy": (b"\x93NUMPY\x01\x00", "not an image of a known format"),
        "MP4": (b"\x00\x00\x00\x18ftypmp42" + bytes(99), "not an image of a known format"),
        "WAV": (b"RIFF\x24\x00\x00\x00WAVEfmt ", "not an image of a known format"),
        "PNG magic alone": (b"\x89PNG\r\n\x1a\n", TRUNCATED),
        "PNG header alone": (saved("PNG")[:33], TRUNCATED),
        "PNG without end": (saved("PNG")[:-12], TRUNCATED),
        "PNG without pixels": (png(16, 16), TRUNCATED),
        "PNG of half its pixels": (
            png(16, 16, data=bytes(17 * 8)),
            "damaged PNG: its pixels cannot be decoded",
        ),
        "PNG 0x0": (png(0, 0), "damaged PNG: not identified by this driver"),
        "PNG 0x16": (png(0, 16), "damaged PNG: not identified by this driver"),
        "PNG of a thousand million pixels": (png(40_000, 40_000), TOO_LARGE),
        "PNG of the largest size": (png(2**31 - 1, 2**31 - 1), TOO_LARGE),
        "PNG beyond the largest size": (png(2**32 - 1, 1), TOO_LARGE),
        "PNG 1x134217729": (png(1, 2**27 + 1), TOO_LARGE),
        "PNG of 3 bits": (png(16, 16, bits=3), "damaged PNG: not identified by this driver"),
        "PNG of an unknown colour": (
            png(16, 16, colour=5),
            "damaged PNG: not identified by this driver",
        ),
        "PNG palette without one": (
            png(16, 16, colour=3, data=bytes(17 * 16)),
            "damaged PNG: its pixels cannot be decoded",
        ),
        "PNG wrong checksum of the header": (
            replaced(saved("PNG"), 29, b"\0\0\0\0"),
            "damaged PNG: broken PNG file (bad header checksum in b'IHDR'",
        ),
        "PNG wrong checksum of pixels": (
            saved("PNG")[:-20] + bytes(4) + saved("PNG")[-16:],
            "damaged PNG: broken data stream when reading image file",
        ),
        "PNG ended in Windows": (
            saved("PNG").replace(b"\r\n", b"\n"),
            "not an image of a known format",
        ),
        "PNG with a comment that unpacks to 100 MB": (
            text_bomb(),
            "damaged PNG: Decompressed data",
        ),
        "JPEG magic alone": (b"\xff\xd8\xff", TRUNCATED),
        "JPEG half": (saved("JPEG")[: len(saved("JPEG")) // 2], TRUNCATED),
        "JPEG 0x16": (jpeg(0, 16), "damaged JPEG: not identified by this driver"),
        "JPEG 65500x65500": (jpeg(65500, 65500), TOO_LARGE),
        "JPEG without tables": (
            saved("JPEG").replace(b"\xff\xdb", b"\xff\xfe"),
            "damaged JPEG: broken data stream when reading image file",
        ),
        "JPEG of nothing but ends": (
            b"\xff\xd8\xff\xd9",
            "damaged JPEG: not identified by this driver",
        ),
        "GIF magic alone": (b"GIF89a", TRUNCATED),
        "GIF 65535x65535": (gif(65535, 65535), TOO_LARGE),
        "GIF half": (saved("GIF")[:-40], TRUNCATED),
        "BMP 20000x20000": (bmp(20_000, 20_000), TOO_LARGE),
        "BMP of a negative width": (bmp(-16, 16), TOO_LARGE),
        "BMP half": (saved("BMP")[:100], TRUNCATED),
        "WEBP half": (saved("WEBP")[:40], TRUNCATED),
        "WEBP header alone": (b"RIFF\x04\x00\x00\x00WEBP", "damaged WEBP: not a WEBP file"),
        "TIFF magic alone": (b"II*\0", TRUNCATED),
        "TIFF of floats": (
            saved("TIFF", FLOATS),
            "floating-point pixels, whose range nothing tells; save 8 or ",
        ),
        "TIFF of NaN": (
            saved("TIFF", NANS),
            "floating-point pixels, whose range nothing tells; save 8 or ",
        ),
        "TIFF half": (saved("TIFF")[:200], TRUNCATED),
        "TIFF of an unknown compression": (
            tiff(PLAIN | {259: 777}),
            "TIFF of compression 777, which is not decoded here; save it ",
        ),
        "TIFF without a size": (tiff({258: 8}), "damaged TIFF: Missing dimensions"),
        "TIFF 100000x100000": (tiff(PLAIN | {256: 100_000, 257: 100_000}), TOO_LARGE),
        "TIFF whose pixels lie beyond": (tiff(PLAIN | {273: 10**9}), TRUNCATED),
        "TIFF of 64 bits": (
            tiff(PLAIN | {258: 64}),
            "TIFF of a kind that is not decoded here: unknown pixel mode",
        ),
        "TIFF whose directory lies beyond": (
            b"II*\0\xff\xff\xff\x7f",
            "damaged TIFF: Missing dimensions",
        ),
        "PPM of letters": (
            b"P6\nx y\n255\n",
            "damaged PPM: invalid literal for int() with base 10: b'x'",
        ),
        "PPM of a negative size": (
            b"P5\n-4 4\n255\n" + bytes(16),
            "damaged PPM: not identified by this driver",
        ),
        "PPM of 5000 digits": (
            b"P5\n" + b"9" * 5000 + b" 4\n255\n" + bytes(16),
            "damaged PPM: b'Token too long in file header: 99999999999'",
        ),
        "PPM of white 0": (
            b"P5\n4 4\n0\n" + bytes(16),
            "damaged PPM: maxval must be greater than 0 and less than 655",
        ),
        "PPM of white 5000 digits": (
            b"P5\n4 4\n" + b"9" * 400 + b"\n" + bytes(16),
            "damaged PPM: b'Token too long in file header: 99999999999'",
        ),
        "PPM of white 99999": (
            b"P5\n4 4\n99999\n" + bytes(64),
            "damaged PPM: maxval must be greater than 0 and less than 655",
        ),
        "PPM of superscripts": (
            "P5\n4 4\n²\n".encode() + bytes(64),
            "damaged PPM: invalid literal for int() with base 10: b'\\xc2\\",
        ),
        "PPM cut off": (b"P5\n4 4\n255\n" + bytes(9), TRUNCATED),
        "PFM of NaN": (
            b"Pf\n16 16\n-1.0\n" + NANS.tobytes(),
            "floating-point pixels, whose range nothing tells; save 8 or ",
        ),
        "16 bits of ten": (
            saved("PNG", GREY.astype(np.uint16) << 2),
            "16-bit pixels below 4096, as of 10 or 12 bits: nothing tells",
        ),
        "HEIC": (
            b"\0\0\0\x18ftypheic" + bytes(99),
            "HEIC, which is not decoded here; convert it to PNG or JPEG",
        ),
        "JPEG XL": (
            b"\xff\x0a" + bytes(99),
            "JPEG XL, which is not decoded here; convert it to PNG or JPE",
        ),
        "PSD": (b"8BPS\0\x01" + bytes(99), "damaged PSD: (0, 0)"),
        "DICOM": (
            bytes(128) + b"DICM" + bytes(99),
            "DICOM, which is not decoded here; convert it to PNG or JPEG",
        ),
        "OpenEXR": (
            b"\x76\x2f\x31\x01" + bytes(99),
            "OpenEXR, which is not decoded here; convert it to PNG or JPE",
        ),
        "Radiance": (
            b"#?RADIANCE\n\n-Y 4 +X 4\n",
            "Radiance HDR, which is not decoded here; convert it to PNG o",
        ),
        "AVIF header alone": (
            b"\0\0\0\x18ftypavif" + bytes(99),
            "damaged AVIF: Failed to decode image: BMFF parsing failed",
        ),
        "JPEG 2000 header alone": (
            b"\xff\x4f\xff\x51" + bytes(99),
            "damaged JPEG2000: SIZ marker length must be at least 38",
        ),
        "a link to itself": (loop, "a link to a folder that it lies in, or to itself"),
        "a link to nothing": (nowhere, "a link to what is not there"),
    }
)
ODD: MappingProxyType[str, bytes] = MappingProxyType(
    {
        "CMYK": saved("JPEG", mode="CMYK"),
        "palette": saved("PNG", mode="P"),
        "one bit": saved("PNG", mode="1"),
        "Lab": saved("TIFF", mode="LAB"),
        "16 bits": saved("PNG", GREY.astype(np.uint16) << 8),
        "1x100000": saved("PNG", np.tile(GREY.ravel(), 400)[:100_000].reshape(1, -1)),
        "100000x1": saved("PNG", np.tile(GREY.ravel(), 400)[:100_000].reshape(-1, 1)),
        "1x1": saved("PNG", GREY[:1, :1]),
        "EXIF that leads to itself": exif_bomb(),
        "a damaged second picture": many_frames(),
        "an orientation of text": saved("PNG", pnginfo=info("x" * 9999)),
        "bytes behind its end": saved("PNG") + b"<?php boo();" * 99,
        "a PNG named .jpg": saved("PNG"),
        "a GIF of 0 hundredths": saved("GIF", duration=0, loop=0),
    }
)
"""Odd images that are read as docs/layouts.md says."""
