"""Folders, zip files, tar files and single files, all read as one tree of named files."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from datasets.files import sha256_of
from datasets.records import DataError

_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    zlib.error,
    tarfile.TarError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Tree:
    """Files by name: ``/``-separated, sorted, without hidden files. Nothing is ever unpacked.

    ``folders`` are those that the source names, empty ones among them; an archive need not name
    the folders of its files.
    """

    names: tuple[str, ...]
    open: Callable[[str], IO[bytes]]
    folders: tuple[str, ...] = ()

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Open one file for as long as the context lasts; raises ``DataError`` naming it."""
        try:
            with self.open(name) as file:
                yield file
        except _UNREADABLE as error:
            raise DataError(f"{name}: cannot be read ({error})") from error

    def read(self, name: str) -> bytes:
        """Return the bytes of one file; raises ``DataError`` naming it."""
        with self.opened(name) as file:
            return file.read()


@contextmanager
def open_tree(path: Path) -> Iterator[Tree]:
    """Open a folder, ``.zip``, ``.tar``, ``.tar.gz`` or single file; raises ``DataError``."""
    with ExitStack() as stack:
        try:
            tree = _tree(path, stack)
        except _UNREADABLE as error:
            raise DataError(f"{path}: cannot be read ({error}); is the copy complete?") from error
        yield tree


def _tree(path: Path, stack: ExitStack) -> Tree:
    if path.is_dir():
        folders = _visible(_folders_below(path))
        return Tree(_visible(_files_below(path)), lambda name: (path / name).open("rb"), folders)
    if zipfile.is_zipfile(path):
        packed = stack.enter_context(zipfile.ZipFile(path))
        named = (name.removesuffix("/") for name in packed.namelist() if name.endswith("/"))
        return Tree(_visible(packed.namelist()), packed.open, _visible(named))
    if _is_tar(path):
        return _tar_tree(stack.enter_context(tarfile.open(fileobj=_seekable(path, stack))))
    return Tree((path.name,), lambda _: path.open("rb"))


def content_fingerprint(path: Path | None, options: Mapping[str, Any]) -> str:
    """Return quickly what names the content at ``path``, as SHA-256 in hex (``""`` without one).

    A folder is named by its files' names, sizes and times of change, a zip by its central
    directory (names, sizes, CRCs), any other file by its bytes.
    """
    del options
    if path is None:
        return ""
    try:
        if path.is_dir():
            return _sha256_of_lines(_folder_lines(path))
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
            return _sha256_of_lines(f"{e.filename}\0{e.file_size}\0{e.CRC}" for e in entries)
        return sha256_of(path)
    except _UNREADABLE as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _sha256_of_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode(errors="replace")).hexdigest()


def _folder_lines(folder: Path) -> Iterator[str]:
    for name in _files_below(folder):
        status = (folder / name).stat()
        yield f"{name}\0{status.st_size}\0{status.st_mtime_ns}"


def _files_below(folder: Path) -> Iterator[str]:
    for place, _, files in os.walk(folder):
        inside = Path(place).relative_to(folder)
        yield from ((inside / file).as_posix() for file in files)


def _folders_below(folder: Path) -> Iterator[str]:
    for place, folders, _ in os.walk(folder):
        inside = Path(place).relative_to(folder)
        yield from ((inside / one).as_posix() for one in folders)


def _visible(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if _is_visible_file(name)}))


def _is_visible_file(name: str) -> bool:
    parts = name.split("/")
    return bool(parts[-1]) and not any(p.startswith(".") or p == "__MACOSX" for p in parts)


def _is_tar(path: Path) -> bool:
    return path.name.lower().endswith((".tar", ".tar.gz", ".tgz"))


def _seekable(path: Path, stack: ExitStack) -> IO[bytes]:
    """Open a tar for reading in any order: a compressed one is first expanded, namelessly."""
    if path.suffix.lower() == ".tar":
        return stack.enter_context(path.open("rb"))
    expanded = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    with gzip.open(path) as compressed:
        shutil.copyfileobj(compressed, expanded)
    expanded.seek(0)
    return expanded


def _tar_tree(archive: tarfile.TarFile) -> Tree:
    members = {m.name.removeprefix("./"): m for m in archive.getmembers() if m.isfile()}

    def open_member(name: str) -> IO[bytes]:
        file = archive.extractfile(members[name])
        if file is None:
            raise KeyError(name)
        return file

    folders = (m.name.removeprefix("./") for m in archive.getmembers() if m.isdir())
    return Tree(_visible(members), open_member, _visible(folders))
