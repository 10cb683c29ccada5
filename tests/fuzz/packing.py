"""Writes a plan as a folder, a zip or a tar, in the ways in which people and programs do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.plan import Plan, file_of

BROKEN = b"../nowhere"
"""The content that stands for a link to what is not there."""


@dataclass(frozen=True)
class Written:
    """A plan as written: where, how, and which links must be told beside the plan's images."""

    path: Path
    how: str
    told: frozenset[str] = frozenset()
    refused: str = ""


def folder(rng: Random, plan: Plan, place: Path) -> Written:
    """Write ``plan`` as a folder: some of it elsewhere and linked, softly or hard."""
    root, how = place / "tree", rng.choice(("plain", "folder", "files", "hard", "odd"))
    for name, content in plan.files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if content == BROKEN:
            file.symlink_to(content.decode())
        else:
            file.write_bytes(content)
    for name in plan.folders:
        (root / name).mkdir(parents=True, exist_ok=True)
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    files = sorted(file for file in root.rglob("*") if file.is_file() and not file.is_symlink())
    told = set[str]()
    if how == "folder":
        _link_folder(rng, root, files, elsewhere)
    elif how == "odd":
        told = _odd_links(rng, plan, root)
    elif how != "plain":
        for number, file in enumerate(rng.sample(files, min(5, len(files)))):
            target = elsewhere / f"{number} {file.name}.kept"
            file.rename(target)
            if how == "hard":
                os.link(target, file)
            else:
                file.symlink_to(target)
    return Written(root, f"folder, links: {how}", frozenset(told))


def _link_folder(rng: Random, root: Path, files: list[Path], elsewhere: Path) -> None:
    folders = sorted({file.parent for file in files} - {root})
    if folders:
        moved = rng.choice(folders)
        moved.rename(elsewhere / "moved")
        moved.symlink_to(elsewhere / "moved", target_is_directory=True)


def _odd_links(rng: Random, plan: Plan, root: Path) -> set[str]:
    """Add a link to nothing and one that leads back, beside an image."""
    beside = rng.choice(sorted(plan.samples)).rpartition("/")[0]
    at = f"{beside}/" if beside else ""
    (root / beside / "gone.png").symlink_to("nowhere.png")
    (root / beside / "back").symlink_to(".", target_is_directory=True)
    return {f"{at}gone.png", f"{at}back"}


class _Info(zipfile.ZipInfo):
    """A member of a zip whose name is the bytes ``raw``, without the flag of UTF-8."""

    __slots__ = ("raw",)
    raw: bytes

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.raw, self.flag_bits & ~0x800


def cut_off(rng: Random, plan: Plan, place: Path) -> Written:
    """Write ``plan`` as an archive that ends too early."""
    written = rng.choice((zipped, tarred))(rng, plan, place)
    content = written.path.read_bytes()
    written.path.write_bytes(content[: int(len(content) * rng.uniform(0.05, 0.75))])
    return Written(written.path, f"{written.how}, cut off", refused="cannot be read")


class _Locked(zipfile.ZipInfo):
    """A member of a zip that asks for a password."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode(), self.flag_bits | 0x801


def _zip_flagged(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)


def _zip_raw(encoding: str) -> Callable[[str], zipfile.ZipInfo]:
    def info(name: str) -> zipfile.ZipInfo:
        member = _Info(name)
        member.raw = name.encode(encoding)
        return member

    return info


def _zip_unicode_field(name: str) -> zipfile.ZipInfo:
    """Return a member as Info-ZIP writes it: an old name, and the true one in a field."""
    member = _Info(name)
    member.raw = name.encode("cp437", "replace")
    field = struct.pack("<BL", 1, zlib.crc32(member.raw)) + name.encode()
    member.extra = struct.pack("<HH", 0x7075, len(field)) + field
    return member


ZIP_NAMES = {
    "flag": _zip_flagged,
    "utf-8 without flag": _zip_raw("utf-8"),
    "Unicode field": _zip_unicode_field,
    "cp437": _zip_raw("cp437"),
    "cp1252": _zip_raw("cp1252"),
    "shift-jis": _zip_raw("shift-jis"),
}
"""How the names in a zip are encoded; the last three tell nobody."""
UNTOLD = ("cp437", "cp1252", "shift-jis")
SQUEEZED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def zipped(rng: Random, plan: Plan, place: Path) -> Written:
    """Write ``plan`` as a zip."""
    names, squeeze = rng.choice(sorted(ZIP_NAMES)), rng.choice(SQUEEZED)
    before, slash = rng.choice(("", "", "./")), rng.choice(("/", "/", "\\"))
    packed = rng.choice(("", "", "", ".gz"))
    path = place / f"{rng.choice(('data.zip', 'data', 'data.ZIP', 'faces.png'))}{packed}"
    how = f"{path.name}: names in {names}, compression {squeeze}, {before}, {slash}"
    members, refused = list(_members(rng, plan)), ""
    if names in UNTOLD:
        names, refused = _without_telling(names, [name for name, _ in members])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            info = ZIP_NAMES[names]((before + name).replace("/", slash))
            info.compress_type = squeeze if content else zipfile.ZIP_STORED
            if content == BROKEN:
                info.external_attr = 0o120777 << 16
            archive.writestr(info, content or b"")
    path.write_bytes(gzip.compress(file.getvalue(), 1) if packed else file.getvalue())
    return Written(path, how, refused=refused)


def _without_telling(encoding: str, names: list[str]) -> tuple[str, str]:
    """Return ``encoding`` and what the refusal says, or the flag where names do not fit in."""
    try:
        spelt = [name.encode(encoding) for name in names]
    except UnicodeEncodeError:
        return "flag", ""
    return encoding, "" if all(map(bytes.isascii, spelt)) else "encoding"


SQUEEZE: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": lambda content: gzip.compress(content, 1),
    ".bz2": bz2.compress,
    ".xz": lambda content: lzma.compress(content, preset=0),
}
TAR_FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def tarred(rng: Random, plan: Plan, place: Path) -> Written:
    """Write ``plan`` as a tar; files that are alike may be hard or soft links to one another."""
    kind, form = rng.choice(sorted(SQUEEZE)), rng.choice(sorted(TAR_FORMATS))
    if form == "ustar" and max(map(len, map(str.encode, plan.files))) > 70:
        form = "gnu"
    link = rng.choice((None, tarfile.LNKTYPE, tarfile.SYMTYPE))
    before = rng.choice(("", "", "./"))
    path = place / rng.choice((f"data.tar{kind}", "packed", f"data.TAR{kind.upper()}"))
    file, first = io.BytesIO(), dict[bytes, str]()
    with tarfile.open(fileobj=file, mode="w", format=TAR_FORMATS[form]) as archive:
        for name, content in _members(rng, plan):
            member = tarfile.TarInfo(before + name.rstrip("/"))
            if content is None:
                member.type = tarfile.DIRTYPE
            elif content == BROKEN:
                member.type, member.linkname = tarfile.SYMTYPE, content.decode()
            elif link and content in first:
                up = "../" * name.count("/") if link == tarfile.SYMTYPE else before
                member.type, member.linkname = link, up + first[content]
            else:
                first[content] = name
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content or b"") if member.size else None)
    path.write_bytes(SQUEEZE[kind](file.getvalue()))
    return Written(path, f"{path.name}: {form}, {kind}, links {link!r}, {before}")


def alone(rng: Random, plan: Plan, place: Path) -> Written:
    """Write the one file of ``plan`` as it is, or compressed by itself."""
    ((name, content),) = plan.files.items()
    kind = rng.choice(sorted(SQUEEZE))
    path = place / f"{name}{kind}"
    path.write_bytes(SQUEEZE[kind](content))
    return Written(path, f"{path.name} alone")


def _members(rng: Random, plan: Plan) -> Iterator[tuple[str, bytes | None]]:
    """Yield the files in some order, and folders, with a slash, as ``None``: all or empty ones."""
    folders = set(plan.folders)
    if rng.random() < 0.5:
        folders |= {str(up) for name in plan.files for up in list(Path(name).parents)[:-1]}
    yield from ((f"{name}/", None) for name in sorted(folders))
    files = list(plan.files.items())
    if rng.random() < 0.5:
        rng.shuffle(files)
    yield from files


def locked(rng: Random, plan: Plan, path: Path) -> Written:
    """Write ``plan`` as a zip in which two images of training cannot be had."""
    password, damaged = rng.sample(plan.spoilable(), 2)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in plan.files.items():
            archive.writestr(_Locked(name) if name == password else name, content)
    whole, spoilt = file.getvalue(), plan.files[damaged]
    at = whole.index(damaged.encode() + spoilt) + len(damaged.encode() + spoilt) - 1
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    lost = frozenset(s for s in plan.samples if file_of(s) in (password, damaged))
    return Written(path, f"locked {password!a}, damaged {damaged!a}", lost)
