"""Archives known by their content, zip and tar, compressed or not, as members to be opened."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from datasets.files import SPECIAL
from datasets.reading.members import Archive, File, Link

COMPRESSED: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)
COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz")
NOT_READ = (
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x1f\x9d", "a .Z file"),
    (b"MSCF", "a cabinet file"),
)
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
USTAR = slice(257, 262)
UTF8_NAME, LOCKED = 0x800, 0x1
READ_COMPRESSIONS = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
)
UNICODE_PATH = 0x7075


MOST_EXPANDED, MOST_FOLD, FREE = 1 << 38, 200, 1 << 30
"""Bytes to which a compressed file may expand: in all, and times its own size beyond ``FREE``."""
LONGEST_LINK = 4096
"""Bytes of a link's target, as in Linux."""
DEEPEST = 2
"""How many compressions may lie in one another."""


def open_archive(file: IO[bytes], name: str, stack: ExitStack, depth: int = 0) -> Archive:
    """Read the members of the zip or tar in ``file``, compressed or not; it is told by content.

    Any other file is an archive of one member: itself, expanded and without the suffix of its
    compression. Raises ``OSError`` and the archives' own errors for what is damaged.
    """
    start = file.read(512)
    file.seek(0)
    for magic, what in NOT_READ:
        if start.startswith(magic):
            raise OSError(f"it is {what}, which ferbench does not read; unpack it")
    for magic, expand in COMPRESSED:
        if start.startswith(magic):
            plain, suffix = PurePosixPath(name), PurePosixPath(name).suffix.lower()
            inner = plain.stem if suffix in COMPRESSED_SUFFIXES else name
            if depth == DEEPEST:
                raise OSError("it is compressed again and again; unpack it and give the folder")
            return open_archive(_expanded(file, expand, stack), inner, stack, depth + 1)
    if start[USTAR] == b"ustar":
        return _tar(file, stack)
    if start.startswith(ZIP):
        if not zipfile.is_zipfile(file):
            raise OSError("a zip archive whose end, with its table, is missing; take a fresh copy")
        return _zip(file, stack)
    if _is_old_tar(file):
        return _tar(file, stack)
    if zipfile.is_zipfile(file):
        return _zip(file, stack)
    file.seek(0)
    return _alone(file, name)


def _is_old_tar(file: IO[bytes]) -> bool:
    file.seek(0)
    try:
        return tarfile.is_tarfile(file)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return False


def _expanded(file: IO[bytes], expand: Callable[..., Any], stack: ExitStack) -> IO[bytes]:
    """Expand into a nameless file, so that it can be read in any order."""
    expanded = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    packed = _size(file)
    with expand(file) as compressed:
        for block in iter(lambda: compressed.read(1 << 20), b""):
            expanded.write(block)
            _refuse_bomb(expanded.tell(), packed)
    expanded.seek(0)
    return expanded


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _refuse_bomb(expanded: int, packed: int) -> None:
    """Refuse what grows as no pictures and no tables do; the numbers are bytes."""
    most = min(MOST_EXPANDED, max(FREE, MOST_FOLD * packed))
    if expanded > most:
        raise OSError(f"its {packed:,} bytes expand to more than {most >> 20:,} MiB, as no data do")


def _alone(file: IO[bytes], name: str) -> Archive:
    def reopen() -> IO[bytes]:
        if isinstance(file.name, str):
            return Path(file.name).open("rb")
        file.seek(0)
        return os.fdopen(os.dup(file.fileno()), "rb")

    archive = Archive()
    archive.add(name, File(reopen))
    return archive


def _zip(file: IO[bytes], stack: ExitStack) -> Archive:
    packed, archive = stack.enter_context(zipfile.ZipFile(file)), Archive()
    _refuse_bomb(sum(info.file_size for info in packed.infolist()), _size(file))
    for info in packed.infolist():
        name = _name_in_zip(info)
        mode = info.external_attr >> 16
        if name.endswith("/") or stat.S_ISDIR(mode) or (name.endswith("\\") and not info.file_size):
            archive.add(name, None)
        elif reason := _why_locked(info):
            archive.add(name, File(None, reason))
        elif stat.S_ISLNK(mode):
            with packed.open(info) as link:
                archive.add(name, Link(os.fsdecode(link.read(LONGEST_LINK))))
        elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
            archive.add(name, File(partial(packed.open, info)))
        else:
            archive.add(name, File(None, SPECIAL))
    return archive


def _name_in_zip(info: zipfile.ZipInfo) -> str:
    """Return a member's name by its flag, its Unicode field, or as ASCII or UTF-8; no guesses."""
    name = info.orig_filename
    if info.flag_bits & UTF8_NAME:
        return name
    raw = name.encode("cp437")
    for text in _unicode_paths(info.extra, raw):
        return text
    if name.isascii():
        return name
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise OSError(
            f"it does not say in which encoding its names are (first: {name!a}); pack the images "
            "again with names in UTF-8, or give the folder"
        ) from None


def _unicode_paths(extra: bytes, raw: bytes) -> Iterator[str]:
    """Yield the name in Info-ZIP's Unicode field, if there is one and it is of this name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        content, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and content[:5] == struct.pack("<BL", 1, zlib.crc32(raw)):
            yield content[5:].decode("utf-8")


def _why_locked(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & LOCKED:
        return "it is locked with a password; unpack the archive and give the folder"
    if info.compress_type not in READ_COMPRESSIONS:
        names: dict[int, str] = getattr(zipfile, "compressor_names", {})
        method = names.get(info.compress_type, f"method {info.compress_type}")
        return f"its compression, {method}, is not supported; unpack the archive, give the folder"
    return ""


def _tar(file: IO[bytes], stack: ExitStack) -> Archive:
    file.seek(0)
    archive = Archive()
    packed = stack.enter_context(tarfile.open(fileobj=file, mode="r:", encoding="utf-8"))  # noqa: SIM115
    members = packed.getmembers()
    _refuse_bomb(sum(member.size for member in members), _size(file))
    for member in members:
        if member.isdir():
            archive.add(member.name, None)
        elif member.issym() or member.islnk():
            archive.add(member.name, Link(member.linkname, hard=member.islnk()))
        elif member.isfile():
            archive.add(member.name, File(partial(_extracted, packed, member)))
        else:
            archive.add(member.name, File(None, SPECIAL))
    _require_end(file, packed.offset)
    return archive


def _extracted(packed: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = packed.extractfile(member)
    assert file is not None, "a regular file has content"
    return file


def _require_end(file: IO[bytes], offset: int) -> None:
    """Refuse a tar that stops at a damaged header, or without its end: members would be lost."""
    file.seek(offset)
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise OSError("a tar archive that is damaged or cut off in the middle; take a fresh copy")
