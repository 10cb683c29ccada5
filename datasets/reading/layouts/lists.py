"""Lists of labels: rows that name images, and how they are joined to the files."""

from __future__ import annotations

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import commonpath
from re import Pattern

from datasets.reading.delimited import ZEROS, encoding_of
from datasets.reading.layouts.layout import Box, Entry, Layout, below_their_root, unused
from datasets.reading.listing import Listing
from datasets.reading.signatures import LENGTH, is_archive
from datasets.reading.words import same_spelling, split_of
from datasets.records import DataError, LeftOut

SEPARATORS = ",;\t|"
MOST = 1 << 16
"""Bytes in which a first line has to end."""
MOST_LISTS = 100
"""Files of one suffix beyond which they go with the images one by one, and none is a list."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row that names an image.

    ``place`` is ``file:line``; ``image`` the image as it is written there. ``near`` is the split
    that the list is named by: a bare file's name is no image in another split's folder.
    ``refusal`` says why the row gives no label, ``""`` where it gives one. ``face`` is added to the
    image's path, where several faces of one image have rows.
    """

    place: str
    image: str
    label: str
    split: str = ""
    near: str = ""
    subject: str = ""
    box: Box | None = None
    face: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Table:
    """A list as text: its name, the values of its first line, and those of each other line."""

    name: str
    header: tuple[str, ...]
    lines: tuple[tuple[int, tuple[str, ...]], ...]

    def column(self, *headings: Pattern[str]) -> int | None:
        """Return the place of the column that is headed by the first possible of ``headings``."""
        return next(iter(self.columns(*headings)), None)

    def columns(self, *headings: Pattern[str]) -> list[int]:
        """Return the places of the columns whose heading, in lower case and without spaces and
        signs, is one of ``headings``: those of the first of these first."""
        heads = ["".join(filter(str.isalnum, head)).lower() for head in self.header]
        return [i for one in headings for i, head in enumerate(heads) if one.fullmatch(head)]


class Files:
    """The images of a listing, found by what rows call them."""

    def __init__(self, images: Collection[str]) -> None:
        self._root = commonpath([name.rpartition("/")[0] for name in images]) if images else ""
        self._by_file: defaultdict[str, list[str]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[str]] = defaultdict(list)
        for name in images:
            path = PurePosixPath(name)
            self._by_file[path.name].append(name)
            self._by_stem[path.stem].append(name)

    def find(self, row: Row, folder: str) -> str | None:
        """Return the image that ``row`` of a list in ``folder`` names, ``None`` if there is none.

        What is written may begin at the list's folder, at the root, or anywhere above or below;
        folders that enclose the list and all images may have another name there. Of several
        images that of the row's split is meant. Raises ``DataError`` where it names several.
        """
        wanted = same_spelling(row.image).replace("\\", "/").removeprefix("./").strip("/")
        last = wanted.rsplit("/", 1)[-1]
        alike = self._by_file.get(last) or ([] if "." in last else self._by_stem.get(last, []))
        root = commonpath([self._root, folder])
        found = [one for one in alike if _ends_alike(_stemmed(one, wanted), wanted, root)]
        for exact in (f"{folder}/{wanted}".strip("/"), wanted):
            if len(found) > 1 and exact in found:
                found = [exact]
        if folder and len(found) > 1:
            found = [one for one in found if one.startswith(f"{folder}/")] or found
        if row.near and wanted == last:
            found = [one for one in found if _splits_in(one) <= {None, row.near}]
        if (split := row.near or row.split) and len(found) > 1:
            found = [one for one in found if split in _splits_in(one)] or found
        if len(found) > 1:
            raise DataError(
                f"{row.place}: {row.image!r} names {len(found)} images ({found[0]}, {found[1]}); "
                "write their folders too"
            )
        return found[0] if found else None


def lists_in(listing: Listing, suffixes: Sequence[str]) -> list[str]:
    """Return the files of ``listing`` with one of ``suffixes`` that may be lists of images."""
    found = []
    for suffix in suffixes:
        names = [other.path for other in listing.others if other.path.lower().endswith(suffix)]
        found += names if len(names) <= MOST_LISTS else []
    return sorted(found)


def _splits_in(name: str) -> set[str | None]:
    """Return the splits that the folders in ``name`` are named by, and ``None`` for others."""
    return set(map(split_of, name.split("/")[:-1]))


def read_table(name: str, content: bytes, separators: str = SEPARATORS) -> Table:
    """Read a list whose values are separated by whichever of ``separators`` its first line has.

    Raises ``DataError`` naming the line that has another number of values than the first; empty
    ones too many at its end are no values.
    """
    return _table(name, decoded_text(name, content), separators)


def read_first_line(listing: Listing, name: str, separators: str = SEPARATORS) -> Table | None:
    """Return the list ``name`` as if it had its first line alone, ``None`` where it has none.

    It may end in any way and be in any encoding that `read_table` reads.
    """
    try:
        with listing.tree.opened(name) as file:
            start = file.read(MOST)
        text = codecs.getincrementaldecoder(encoding_of(start))("replace").decode(start)
        return _table(name, text.lstrip().splitlines()[0], separators)
    except (DataError, IndexError):
        return None


def _table(name: str, text: str, separators: str) -> Table:
    first = text.lstrip("\n").split("\n", 1)[0]
    separator = max(separators, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True, skipinitialspace=True)
    header: tuple[str, ...] = ()
    lines = []
    try:
        for values in reader:
            if not any(map(str.strip, values)):
                continue
            row = tuple(map(str.strip, values))
            if header and not any(row[len(header) :]):
                row = row[: len(header)]
            if header and len(row) != len(header):
                raise DataError(
                    f"{name}:{reader.line_num}: {len(row)} values; its first line has "
                    f"{len(header)}; mend the row, or head every column"
                )
            if header:
                lines.append((reader.line_num, row))
            header = header or row
    except csv.Error as error:
        raise DataError(f"{name}:{reader.line_num}: no readable row ({error})") from error
    return Table(name, header, tuple(lines))


def decoded_text(name: str, content: bytes) -> str:
    """Return a list's text with line ends ``\\n``; raises ``DataError`` for what is no Unicode."""
    if is_archive(content[:LENGTH]):
        raise DataError(f"{name}: is packed, as spreadsheets are, and no text; save it as CSV")
    if encoding_of(content) != "utf-16" and b"\0" in content:
        raise DataError(f"{name}: {ZEROS}")
    try:
        text = content.decode(encoding_of(content))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{name}:{line}: not UTF-8; save the list as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def joined(listing: Listing, layout: str, rows: Iterable[Row], lists: tuple[str, ...]) -> Layout:
    """Join ``rows`` to the images of ``listing``.

    Rows that name no image and images that no row names are counted. Raises ``DataError`` for rows
    that contradict each other, naming both, and for a split of which no image is here.
    """
    rows = list(rows)
    files = Files(listing.images)
    taken: dict[tuple[str, str], Row] = {}
    lost, repeated = list[Row](), list[Row]()
    for row in rows:
        folder = row.place.rpartition("/")[0]
        name = files.find(row, folder)
        if name is None:
            lost.append(row)
        elif (before := taken.setdefault((name, row.face), row)) is not row:
            _refuse_contradiction(before, row)
            repeated.append(row)
    entries = below_their_root(
        Entry(
            name=name,
            path=f"{name}#{face}" if face else name,
            split=row.split,
            class_name=row.label,
            subject=row.subject,
            box=row.box,
        )
        for (name, face), row in taken.items()
        if not row.refusal
    )
    refused = {
        name: LeftOut(path=name, kind="unused", reason=f"{row.place}: {row.refusal}")
        for (name, _), row in taken.items()
        if row.refusal
    }
    _refuse_lost_splits(rows, entries)
    called = " or ".join(lists)
    left_out = unused(listing, entries, lambda _: f"no row of {called} names it")
    return Layout(
        name=layout,
        entries=entries,
        left_out=tuple(refused.get(one.path, one) for one in left_out),
        notes=(
            f"labels are those of {', '.join(lists)}",
            *counted_rows("rows that name no image here", lost),
            *counted_rows("rows that repeat another", repeated),
            *counted_rows("rows without a class", [row for row in taken.values() if row.refusal]),
        ),
    )


def counted_rows(what: str, rows: list[Row]) -> Iterator[str]:
    """Yield a sentence on how many ``rows`` there are, if any, and the first."""
    if rows:
        yield f"{what}: {len(rows):,}; first: {rows[0].place} ({rows[0].image})"


def _refuse_lost_splits(rows: Iterable[Row], entries: Iterable[Entry]) -> None:
    """Raise ``DataError`` where rows give a split and no image with a class is of it."""
    there = {entry.split for entry in entries}
    for row in rows:
        if there and row.split and row.split not in there:
            raise DataError(
                f"{row.place}: none of the {row.split} rows names an image here that has a class "
                f"(first: {row.image}); add the images, or remove the rows"
            )


def _refuse_contradiction(one: Row, other: Row) -> None:
    def told(row: Row) -> str:
        split = f" in {row.split}" if row.split else ""
        subject = f" of {row.subject}" if row.subject else ""
        return f"{row.label or row.refusal!r}{subject}{split}"

    if told(one) != told(other) or one.box != other.box:
        raise DataError(
            f"{other.place}: {other.image} is {told(other)}, but {told(one)} in {one.place}; "
            "remove one of the rows"
        )


def _stemmed(name: str, wanted: str) -> str:
    """Return ``name``, without its suffix where ``wanted`` has none."""
    return name if PurePosixPath(wanted).suffix == PurePosixPath(name).suffix else _bare(name)


def _bare(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _ends_alike(name: str, wanted: str, root: str) -> bool:
    """Tell whether ``name`` ends with ``wanted``, or ``wanted`` with ``name`` below ``root``."""
    below = name.removeprefix(f"{root}/") if root else name
    return f"/{name}".endswith(f"/{wanted}") or f"/{wanted}".endswith(f"/{below}")
