"""A bad archive is refused, or what it holds and cannot give is counted by its reason."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import warnings
import zipfile
from pathlib import Path
from types import MappingProxyType

import pytest

from datasets.reading import archives
from tests.datasets.samples import noise
from tests.faults.bad_input.pictures import saved
from tests.faults.bad_input.refusals import refused, unchanged

SOUND = {
    f"mine/{name}/{number}.png": saved("PNG", noise(100 * place + number, size=(8, 8))[..., 0])
    for place, name in enumerate("ab")
    for number in range(13)
}
OUT = "leads out of the archive"
Member = tuple[str | zipfile.ZipInfo, bytes]


def zipped(*more: Member, level: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", level) as archive, warnings.catch_warnings(action="ignore"):
        for name, content in (*SOUND.items(), *more):
            archive.writestr(name, content)
    return file.getvalue()


def tarred(*more: tarfile.TarInfo, mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in SOUND.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return file.getvalue()


def holding(name: str, content: bytes) -> bytes:
    """Return a tar of one file."""
    file, info = io.BytesIO(), tarfile.TarInfo(name)
    info.size = len(content)
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def special(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    return info


def zip_link(name: str, target: str) -> Member:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


def patched(content: bytes, offset: int, value: int) -> bytes:
    """Change a byte of the first member's header, here and in the directory."""
    spoilt = bytearray(content)
    spoilt[offset] = spoilt[content.index(b"PK\x01\x02") + offset + 2] = value
    return bytes(spoilt)


def directory(content: bytes, offset: int, value: bytes) -> bytes:
    """Change the end of the central directory."""
    place = content.rindex(b"PK\x05\x06") + offset
    return content[:place] + value + content[place + len(value) :]


def spoilt(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


ZIP, TAR = zipped(), tarred()
SMALL = saved("PNG", noise(999, size=(8, 8))[..., 0])
DIRECTORY = ZIP.index(b"PK\x01\x02")
REFUSED: MappingProxyType[str, tuple[bytes, str]] = MappingProxyType(
    {
        "empty": (b"", "no images in it"),
        "text": (b"hello", "no images in it"),
        "zip magic alone": (b"PK\x03\x04", "whose end, with its table, is missing"),
        "zip end alone": (b"PK\x05\x06" + bytes(18), "no images in it"),
        "zip half": (ZIP[: len(ZIP) // 2], "whose end, with its table, is missing"),
        "zip without its directory": (ZIP[:DIRECTORY], "whose end, with its table, is missing"),
        "zip of half a directory": (ZIP[: DIRECTORY + 300], "is missing; take a fresh copy"),
        "zip with a damaged directory": (spoilt(ZIP, DIRECTORY), "cannot be read"),
        "zip with a directory far off": (
            directory(ZIP, 16, b"\xff\xff\xff\x7f"),
            "not one readable",
        ),
        "zip of a longer directory": (directory(ZIP, 12, b"\xff\xff\xff\x7f"), "cannot be read"),
        "zip bomb": (zipped(("a/x.png", bytes(200 << 20))), "MiB, as no data do"),
        "zip of an odd encoding": (
            zipped(("mine/a/dxgout.png", SMALL)).replace(b"dxgout", b"d\xe9gout"),
            "in which encoding its names are",
        ),
        "tar half": (TAR[: len(TAR) // 2], "damaged or cut off"),
        "tar with a damaged header": (spoilt(TAR, TAR.index(b"mine/a/5.png")), "damaged or cut"),
        "tar header alone": (TAR[:512], "cannot be read"),
        "tar that claims more": (
            TAR[:124] + b"77777777777\0" + TAR[136:],
            "cannot be read",
        ),
        "gzip magic alone": (b"\x1f\x8b", "cannot be read"),
        "gzip half": (gzip.compress(TAR)[:-900], "cannot be read"),
        "gzip with a damaged middle": (spoilt(gzip.compress(TAR), 900), "cannot be read"),
        "gzip of a wrong checksum": (spoilt(gzip.compress(TAR), -6), "cannot be read"),
        "bzip2 half": (bz2.compress(TAR)[:-900], "cannot be read"),
        "xz half": (lzma.compress(TAR)[:-900], "cannot be read"),
        "gzip bomb": (gzip.compress(bytes(300 << 20)), "MiB, as no data do"),
        "xz bomb": (lzma.compress(bytes(300 << 20), preset=0), "MiB, as no data do"),
        "gzip in gzip in gzip": (
            gzip.compress(gzip.compress(gzip.compress(TAR))),
            "compressed again and again",
        ),
        "RAR": (b"Rar!\x1a\x07\x01\x00" + bytes(99), "RAR archive"),
        "7-Zip": (b"7z\xbc\xaf\x27\x1c" + bytes(99), "7-Zip archive"),
        "tar of a zip": (
            holding("in.zip", ZIP),
            "an archive inside what was given and not opened",
        ),
    }
)
COUNTED: MappingProxyType[str, tuple[bytes, str]] = MappingProxyType(
    {
        "zip ../": (zipped(("../x.png", SMALL)), OUT),
        "zip a/../../": (zipped(("a/../../x.png", SMALL)), OUT),
        "zip absolute": (zipped(("/etc/x.png", SMALL)), OUT),
        "zip of a drive": (zipped(("C:\\x.png", SMALL)), OUT),
        "zip of a share": (zipped(("\\\\host\\x.png", SMALL)), OUT),
        "zip backslash ..": (zipped(("..\\x.png", SMALL)), OUT),
        "zip link out": (zipped(zip_link("mine/a/x.png", "../../../etc/passwd")), OUT),
        "zip link absolute": (zipped(zip_link("mine/a/x.png", "/etc/passwd")), OUT),
        "zip link to nothing": (zipped(zip_link("mine/a/x.png", "absent")), "is not there"),
        "zip link to itself": (zipped(zip_link("mine/a/x.png", "x.png")), "to itself"),
        "zip name twice": (zipped(("mine/a/0.png", SMALL)), "another member of its name follows"),
        "zip file below a file": (zipped(("mine/a/0.png/x.png", SMALL)), "below that of a file"),
        "zip locked": (patched(ZIP, 6, 1), "locked with a password"),
        "zip deflate64": (patched(ZIP, 8, 9), "deflate64"),
        "zip of an unknown compression": (patched(ZIP, 8, 77), "method 77, is not supported"),
        "zip wrong checksum": (patched(ZIP, 14, 7), "its check sum is wrong"),
        "zip damaged member": (spoilt(ZIP, 60), "damaged: "),
        "zip in zip": (zipped(("mine/a/in.zip", ZIP)), "an archive"),
        "zip in zip named .png": (zipped(("mine/a/in.png", ZIP)), "an archive"),
        "tar ../": (tarred(special("../x.png", tarfile.REGTYPE)), OUT),
        "tar absolute": (tarred(special("/etc/x.png", tarfile.REGTYPE)), OUT),
        "tar link out": (tarred(link("mine/a/x.png", "../../../etc/passwd")), OUT),
        "tar link absolute": (tarred(link("mine/a/x.png", "/etc/passwd")), OUT),
        "tar hard link out": (tarred(link("mine/a/x.png", "../x", tarfile.LNKTYPE)), OUT),
        "tar hard link to nothing": (
            tarred(link("mine/a/x.png", "no", tarfile.LNKTYPE)),
            "is not there",
        ),
        "tar pipe": (tarred(special("mine/a/x.png", tarfile.FIFOTYPE)), "a pipe, socket or device"),
        "tar device": (tarred(special("mine/a/x.png", tarfile.CHRTYPE)), "a pipe, socket or dev"),
        "tar name twice": (tarred(special("mine/a/0.png", tarfile.REGTYPE)), "another member of"),
        "tar empty image": (tarred(special("mine/a/x.png", tarfile.REGTYPE)), "an empty file"),
    }
)


@pytest.mark.parametrize("case", REFUSED)
def test_an_archive_that_cannot_be_read_is_refused(
    case: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "FREE", 1 << 22)
    content, said = REFUSED[case]
    (place / "mine.zip").write_bytes(content)
    line = refused(place, "datasets", "inspect", "image-folder", "--data", "mine.zip")
    assert said in line, line


@pytest.mark.parametrize("case", COUNTED)
def test_what_an_archive_cannot_give_is_counted(case: str, place: Path) -> None:
    content, said = COUNTED[case]
    (place / "mine.zip").write_bytes(content)
    done = unchanged(place, "datasets", "inspect", "image-folder", "--data", "mine.zip")
    assert done.status == 0, done.err
    assert "left out: " in done.out and said in done.out, done.out
