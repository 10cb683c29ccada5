"""Text tables: rows by their lines, whatever separates fields, ends lines or packs the file."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import IO, cast

from datasets.reading.numbers import whole_number
from datasets.records import DataError

SEPARATORS = (",", ";", "\t", "|")
LONGEST_HEADER = 1 << 16
"""Bytes of a first line beyond which a file is no text table."""
LONGEST_LINE = 1 << 20
"""Characters from which a line is no row of a table."""
ZEROS = "holds zero bytes, as UTF-16 without its mark does; save it as UTF-8"
LONGEST_NAME = 100
"""Characters of a field from which it is no column's name."""
PACKED: MappingProxyType[bytes, Callable[[IO[bytes]], IO[bytes]]] = MappingProxyType(
    {
        b"\x1f\x8b": lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file)),
        b"BZh": lambda file: cast(IO[bytes], bz2.BZ2File(file)),
        b"\xfd7zXZ": lambda file: cast(IO[bytes], lzma.LZMAFile(file)),  # noqa: SIM115
    }
)
"""The first bytes of compressed files, and what opens them."""


@dataclass(frozen=True)
class Row:
    """One row: the number of its first line, from 1, and its fields without spaces around them."""

    line: int
    fields: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether all fields are empty."""
        return not any(self.fields)


@dataclass(frozen=True)
class Header:
    """The first row of a table: its separator, the names of its columns, and its line.

    ``names`` are in lower case and without other characters than letters and digits; empty ones
    at the end are left out.
    """

    separator: str
    names: tuple[str, ...]
    line: int

    def is_repeated(self, fields: Sequence[str]) -> bool:
        """Tell whether ``fields`` are the header once more."""
        return len(fields) == len(self.names) and all(
            len(field) < LONGEST_NAME and column_name(field) == name
            for field, name in zip(fields, self.names, strict=True)
        )

    def place(self, *names: str) -> int | None:
        """Return where the first of ``names`` that is a column stands, or ``None``."""
        return next((self.names.index(name) for name in names if name in self.names), None)


def column_name(text: str) -> str:
    """Return a column's name as `Header` has it."""
    return re.sub(r"[\W_]", "", text).lower()


def read_header(file: IO[bytes], name: str, *wanted: str) -> Header | None:
    """Return the header of the table ``file``, by the separator that gives one of ``wanted``.

    ``None`` where no separator does. Blank lines before it are passed over. Raises ``DataError``
    for UTF-16 that does not say so.
    """
    with _unpacking(name):
        begin = _unpacked(file).read(LONGEST_HEADER)
    if len(begin) == LONGEST_HEADER and not (b"\n" in begin or b"\r" in begin):
        return None
    for separator in SEPARATORS:
        try:
            first = next((row for row in read_rows(file, name, separator) if not row.blank), None)
        except DataError:
            continue
        names = tuple(map(column_name, first.fields)) if first else ()
        if first and not set(wanted).isdisjoint(names):
            if any("\0" in field for field in first.fields):
                raise DataError(f"{name}:{first.line}: {ZEROS}")
            while not names[-1]:
                names = names[:-1]
            return Header(separator, names, first.line)
    return None


def read_rows(file: IO[bytes], name: str, separator: str) -> Iterator[Row]:
    """Yield every row of the table ``file``, from its first line, blank ones too.

    Text is UTF-8 or, with a mark at its begin, UTF-16. Raises ``DataError`` naming the line.
    """
    with _unpacking(name):
        unpacked = _unpacked(file)
        mark = unpacked.read(2)
        unpacked.seek(0)
        text = io.TextIOWrapper(unpacked, encoding_of(mark), errors="backslashreplace", newline="")
        rows = csv.reader(_lines(text, name), delimiter=separator, strict=True)
        line = 1
        try:
            for fields in rows:
                yield Row(line, tuple(field.strip() for field in fields))
                line = rows.line_num + 1
        except csv.Error as error:
            raise DataError(f"{name}:{line}: is no row of a table ({error}); mend it") from error
        finally:
            text.detach()


def _lines(text: IO[str], name: str) -> Iterator[str]:
    """Yield lines as they are; one that does not end is refused before it fills the memory."""
    for number in count(1):
        line = text.readline(LONGEST_LINE)
        if not line:
            return
        if len(line) == LONGEST_LINE:
            raise DataError(
                f"{name}:{number}: is no row of a table (longer than {LONGEST_LINE:,} characters); "
                "take a fresh copy"
            )
        yield line


def encoding_of(start: bytes) -> str:
    """Return UTF-16 where a text begins with its mark, else UTF-8."""
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if marked else "utf-8-sig"


def count_lines(file: IO[bytes], name: str) -> int:
    """Return about how many lines a table has, however they end; blank ones count."""
    with _unpacking(name):
        unpacked, feeds, returns = _unpacked(file), 0, 0
        for block in iter(lambda: unpacked.read(1 << 20), b""):
            feeds += block.count(b"\n")
            returns += block.count(b"\r")
    return max(feeds, returns)


class Placed:
    """Brings the fields of a table's rows into the columns of its header, or refuses them by line.

    One field more than the header names is a row's running number where it stands before fields
    that are then in their columns, or a separator at the end. ``is_in_place(fields)`` tells
    whether fields are in their columns.
    """

    def __init__(
        self, name: str, header: Header, is_in_place: Callable[[Sequence[str]], bool]
    ) -> None:
        self._name, self._header, self._is_in_place = name, header, is_in_place
        self._numbered: bool | None = None
        self._next: int | None = None

    def __call__(self, row: Row) -> tuple[str, ...] | None:
        """Return one field for each column; ``None`` for a blank row or the header once more."""
        fields, wanted = row.fields, len(self._header.names)
        while len(fields) > wanted and not fields[-1]:
            fields = fields[:-1]
        if row.blank or self._header.is_repeated(fields):
            return None
        numbered = len(fields) == wanted + 1 and self._runs_on(fields)
        if self._numbered is None:
            self._numbered = numbered
        if numbered and self._numbered:
            self._next = (whole_number(fields[0]) or 0) + 1
            return fields[1:]
        if len(fields) != wanted or self._numbered:
            raise DataError(f"{self._name}:{row.line}: {self._fault(fields)}")
        return fields

    def _runs_on(self, fields: Sequence[str]) -> bool:
        number = whole_number(fields[0])
        return (
            number is not None
            and self._next in (None, number)
            and self._is_in_place(fields[1:])
            and not self._is_in_place(fields)
        )

    def _fault(self, fields: Sequence[str]) -> str:
        names = ",".join(self._header.names)
        count = f"{len(fields)} field{'s' * (len(fields) != 1)}"
        told = f"{count} where the first line names {len(self._header.names)} ({names})"
        if self._numbered:
            return f"{told} and rows before begin with a running number; mend this row"
        if len(fields) < len(self._header.names):
            return f"{told}; the line is cut off or lacks a separator"
        return f"{told}; remove what is too much, or name it in the first line"


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    begin = file.read(6)
    file.seek(0)
    opener = next((PACKED[magic] for magic in PACKED if begin.startswith(magic)), None)
    return opener(file) if opener else file


@contextmanager
def _unpacking(name: str) -> Iterator[None]:
    """Tell damage of a compressed file as a ``DataError`` that names it."""
    try:
        yield
    except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"{name}: cannot be unpacked ({error})") from error
