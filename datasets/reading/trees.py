"""Folders, archives and single files, all read as one tree of named files."""

from __future__ import annotations

import hashlib
import lzma
import os
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import IO, Any

from datasets.files import PASSING, opened_given, sha256_once
from datasets.reading.archives import open_archive
from datasets.reading.folders import Item, walk
from datasets.reading.members import Opener
from datasets.reading.names import is_hidden, leads_out, spelt
from datasets.records import DataError, LeftOut, UnreadableFile

MOST_BYTES = 2**28
"""Bytes of a file that is read whole; no image is larger."""
REPEAT = "nothing was kept of this reading; repeat it, from a copy on another disk if need be"
_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Tree:
    """Files by name: ``/``-separated, in Unicode's composed form (NFC), sorted.

    ``names`` are those that are not hidden, links among them; one that is there but cannot be
    opened says why when it is. ``folders`` are all that hold a file or are named, empty ones too.
    ``hidden`` are files with a dot before a part of their name, and those that operating systems
    leave (see `datasets.reading.names.is_system`). ``left_out`` are files that have no place in
    the tree. Nothing is ever unpacked. ``origin`` says how a name is spelt in the source.
    """

    names: tuple[str, ...]
    open: Callable[[str], IO[bytes]]
    folders: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)

    def origin(self, name: str) -> str:
        """Return how ``name`` is spelt in the source."""
        return self.spellings.get(name, name)

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Open one file for as long as the context lasts; raises ``UnreadableFile``."""
        try:
            with self.open(name) as file:
                yield file
        except DataError:
            raise
        except _UNREADABLE as error:
            if isinstance(error, OSError) and error.errno in PASSING:
                raise DataError(f"{name}: {error.strerror} while it was read; {REPEAT}") from error
            reason = _said(error)
            raise UnreadableFile(f"{name}: cannot be read: {reason}", reason) from error

    def read(self, name: str) -> bytes:
        """Return the bytes of one file, 256 MiB at most; raises ``UnreadableFile``."""
        with self.opened(name) as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            reason = f"larger than {MOST_BYTES >> 20} MiB"
            raise UnreadableFile(f"{name}: cannot be read: {reason}", reason)
        return content


@dataclass(frozen=True)
class _Listed:
    """What lies below a folder, listed at most once."""

    path: Path

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return tuple(walk(self.path))

    @cached_property
    def tree(self) -> Tree:
        builder = _Builder()
        for item in self.items:
            builder.add_item(item)
        return builder.tree()


_LISTED: ContextVar[dict[Path, _Listed] | None] = ContextVar("listed", default=None)


@contextmanager
def listing_once() -> Iterator[None]:
    """List each folder once within this context, however often it is opened or fingerprinted.

    What is written into a folder meanwhile is not seen. Contexts within one another are one.
    """
    if _LISTED.get() is not None:
        yield
        return
    token = _LISTED.set({})
    try:
        yield
    finally:
        _LISTED.reset(token)


@contextmanager
def open_tree(path: Path) -> Iterator[Tree]:
    """Open a folder, an archive or a single file; raises ``DataError``.

    Archives are zip and tar, also compressed by gzip, bzip2 or xz; they are known by their
    content, whatever their name. A single compressed file is read as what it holds.
    """
    with ExitStack() as stack:
        try:
            tree = _tree(path, stack)
        except DataError:
            raise
        except _UNREADABLE as error:
            raise DataError(f"{path}: cannot be read: {_said(error)}") from error
        yield tree


def _tree(path: Path, stack: ExitStack) -> Tree:
    if path.is_dir():
        return _listed(path).tree
    builder = _Builder()
    archive = open_archive(stack.enter_context(opened_given(path)), path.name, stack)
    builder.folders.update(archive.folders())
    for member in archive.members():
        if member.dropped:
            builder.leave_out(member.name, member.reason)
        else:
            builder.files[member.name] = member.open or partial(_refuse, member.reason)
    return builder.tree()


def _listed(folder: Path) -> _Listed:
    known = _LISTED.get()
    return _Listed(folder) if known is None else known.setdefault(folder, _Listed(folder))


@dataclass
class _Builder:
    """Collects what a source holds, by the names that it has there."""

    files: dict[str, Opener] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    left_out: list[LeftOut] = field(default_factory=list)

    def add_item(self, item: Item) -> None:
        if item.kind == "folder":
            self.folders.add(item.name)
        elif item.kind == "loop":
            self.leave_out(item.name, item.reason)
        elif leads_out(item.name):
            self.leave_out(item.name, "its name leads out of the folder")
        elif item.kind == "file":
            self.files[item.name] = partial(_open, item.path)
        else:
            self.files[item.name] = partial(_refuse, item.reason)

    def leave_out(self, name: str, reason: str) -> None:
        path = unicodedata.normalize("NFC", name)
        self.left_out.append(LeftOut(path=path, kind="unused", reason=reason))

    def tree(self) -> Tree:
        spellings = spelt(self.files)
        parents = {parent for name in spellings for parent in _parents(name)}
        folders = parents | set(spelt(self.folders))
        return Tree(
            names=tuple(sorted(name for name in spellings if not is_hidden(name))),
            open=lambda name: self.files[spellings[name]](),
            folders=tuple(sorted(name for name in folders if not is_hidden(name))),
            hidden=tuple(sorted(filter(is_hidden, spellings))),
            left_out=tuple(self.left_out),
            spellings={name: origin for name, origin in spellings.items() if name != origin},
        )


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _refuse(reason: str) -> IO[bytes]:
    raise OSError(reason)


def _said(error: Exception) -> str:
    """Return the reason that a library gives, in one line and without the place, which is known."""
    if isinstance(error, EOFError):
        return "truncated: it ends too early"
    if isinstance(error, zipfile.BadZipFile) and "CRC-32" in str(error):
        return "damaged: its check sum is wrong"
    if isinstance(error, zlib.error | lzma.LZMAError):
        return f"damaged: {error}"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def content_fingerprint(path: Path | None, options: Mapping[str, Any]) -> str:
    """Return what names the content at ``path``, as SHA-256 in hex (``""`` without one).

    A file, an archive too, is named by its name and all its bytes. A folder is named by what
    costs no reading: its files' names, sizes, times of change and whether they may be read,
    through links too. What is written in place gets another time of change, which programs cannot
    set; on a file system that keeps none, a file of the same size and time is taken for the same.
    """
    del options
    if path is None:
        return ""
    try:
        if path.is_dir():
            return _sha256_of_lines(_line(item) for item in _listed(path).items)
        with opened_given(path):
            return _sha256_of_lines((path.name, sha256_once(path)))
    except DataError:
        raise
    except _UNREADABLE as error:
        raise DataError(f"{path}: cannot be read: {_said(error)}") from error


def _sha256_of_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode(errors="surrogatepass")).hexdigest()


def _line(item: Item) -> str:
    if item.kind != "file":
        return f"{item.name}\0{item.kind}\0{item.reason}"
    status, readable = item.path.stat(), os.access(item.path, os.R_OK)
    times = f"{status.st_mtime_ns}\0{status.st_ctime_ns}"
    return f"{item.name}\0{status.st_size}\0{times}\0{readable}"
