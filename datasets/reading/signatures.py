"""What a file is, by its first bytes: an image of some format, or something else."""

from __future__ import annotations

import re

ARCHIVE = "an archive"
LENGTH = 512
"""How many first bytes tell it."""
SUFFIXES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".bmp",
    ".webp",
    ".tif",
    ".tiff",
    ".pgm",
    ".ppm",
    ".gif",
    ".avif",
)
"""Of files that are taken for images before they are opened; others are opened to see."""
_IMAGES = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("WEBP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("TIFF", re.compile(rb"II[*+]\x00|MM\x00[*+]")),
    ("BMP", re.compile(rb"BM.{8}.{4}[\x0c\x28\x38\x40\x6c\x7c]\x00\x00\x00", re.DOTALL)),
    ("PPM", re.compile(rb"P[1-6fFyYxX][\s#]")),
    ("PAM", re.compile(rb"P7[\s#]")),
    ("AVIF", re.compile(rb".{4}ftypavi[fs]", re.DOTALL)),
    ("HEIC", re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL)),
    ("JPEG2000", re.compile(rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51")),
    ("JPEG XL", re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL \r\n\x87\n")),
    ("PSD", re.compile(rb"8BPS\x00\x01")),
    ("DICOM", re.compile(rb".{128}DICM", re.DOTALL)),
    ("OpenEXR", re.compile(rb"\x76\x2f\x31\x01")),
    ("Radiance HDR", re.compile(rb"#\?(?:RADIANCE|RGBE)")),
    ("ICO", re.compile(rb"\x00\x00\x01\x00[\x01-\x20]\x00.{12}", re.DOTALL)),
    ("Sun raster", re.compile(rb"\x59\xa6\x6a\x95")),
    ("PCX", re.compile(rb"\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]")),
)
_ARCHIVES = re.compile(
    rb"PK\x03\x04|\x1f\x8b|BZh\d|\xfd7zXZ\x00|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|.{257}ustar",
    re.DOTALL,
)
_INSTEAD = (
    ("a Git LFS pointer, not the file; run git lfs pull", re.compile(rb"version https://git-lfs")),
    ("a web page, not the file; download it again", re.compile(rb"\s*<(?:!doctype )?html", re.I)),
)
"""What stands in the place of files that were not fetched."""
_TEXT = re.compile(rb"[^\x00-\x08\x0e-\x1a\x1c-\x1f]+")


def image_format(start: bytes) -> str | None:
    """Return the name of the image format that a file begins as, or ``None``."""
    return next((name for name, begins in _IMAGES if begins.match(start)), None)


def is_archive(start: bytes) -> bool:
    """Tell whether a file begins as an archive, which may hold images of its own."""
    return _ARCHIVES.match(start) is not None


def described(start: bytes) -> str:
    """Say what a file that is no image begins with."""
    if not start:
        return "an empty file"
    if is_archive(start):
        return ARCHIVE
    for what, begins in _INSTEAD:
        if begins.match(start):
            return what
    if not start.strip(b"\x00"):
        return "not an image: it begins with zeros"
    if _TEXT.fullmatch(start[:32]):
        text = " ".join(start[:32].decode("utf-8", "replace").split())[:16].rstrip()
        return f"not an image: it begins with {text!r}"
    return "not an image of a known format"
