"""A table of labels: ``labels.csv`` with a path and a label column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from datasets.reading.layouts.class_folders import candidate, told_by_folders, with_subjects
from datasets.reading.layouts.layout import Entry, Layout, LayoutSpec, few
from datasets.reading.layouts.lists import (
    Files,
    Row,
    Table,
    joined,
    lists_in,
    read_first_line,
    read_table,
)
from datasets.reading.layouts.names import given_splits, refuse_unlabelled
from datasets.reading.layouts.spellings import one_case, one_spelling
from datasets.reading.listing import Listing
from datasets.reading.words import split_of, splits_of
from datasets.records import DataError

NAME = "table of labels"
SUFFIXES = (".csv", ".tsv", ".txt")
NO_VALUE = frozenset({"", "nan", "na", "n/a", "#n/a", "<na>", "null"})
"""What programs write, in any case, where a label or a subject is missing."""
HALF_SPLIT = "some rows have a split and some none; give all one"
TO_BE_FILLED = re.compile(r"(?i)submission")
"""Names of tables that hold the form of answers, not labels."""
_PICTURE = "(image|img|pic|picture|photo)"
PATHS = (
    re.compile(rf"(sub(directory)?)?({_PICTURE}|file)s?(path|name|file)|file|path|pth"),
    re.compile(f"{_PICTURE}s?"),
    re.compile("name"),
    re.compile(f"({_PICTURE}|file)?id"),
)
LABELS = (
    re.compile("emotions?(label|name|class)?|expressions?(label|name|class)?"),
    re.compile("labels?(name)?|class(name|label)?"),
    re.compile("category|target"),
)
SPLITS = re.compile(r"splits?|usage|subset|partition|set|phase")
SUBJECTS = re.compile(r"(subject|person|participant|actor)(id|name)?|identity")
"""What heads the columns, in any case and without spaces and signs; of several the first is taken:
a number or a person's name may stand beside the file's."""


def read_labels(listing: Listing, tables: Mapping[str, bytes]) -> Layout:
    """Read the labels of ``listing`` from ``tables``, contents by name.

    Of several tables each is of the split that its name tells. Raises ``DataError`` for a table
    without a path and a label column, and for the first row that cannot be read.
    """
    read = [read_table(name, content) for name, content in tables.items()]
    rows, cases = one_case(_all_rows(read))
    found = joined(listing, NAME, rows, tuple(tables))
    if not found.entries:
        raise DataError(f"{few(tables)}: {named_none(read)}")
    splits = {entry.split for entry in found.entries}
    if "" in splits and len(splits) > 1:
        raise DataError(f"{few(tables)}: {HALF_SPLIT}")
    given = _in_split_folders(listing, found.entries) if splits == {""} else found.entries
    entries, notes = one_spelling(given)
    return Layout(
        name=NAME,
        entries=tuple(with_subjects(entries)),
        left_out=found.left_out,
        notes=(*found.notes, *_choices(read), *cases, *notes),
    )


def named_none(tables: Iterable[Table]) -> str:
    """Say that no row of ``tables`` names an image, and which the first is."""
    images = [row.image for row in _all_rows(list(tables))]
    seen = f" (first: {images[0]!r})" if images else ""
    return f"none of its {len(images):,} rows names an image here{seen}"


def _choices(tables: Iterable[Table]) -> Iterator[str]:
    """Tell which of several columns for the paths, or the labels, were taken, and which none."""
    for table in tables:
        for what, headings in (("paths", PATHS), ("labels", LABELS)):
            first, *others = (repr(table.header[place]) for place in table.columns(*headings))
            if others:
                yield f"{table.name}: {what} are its column {first}, not {few(others)}"
        known = {table.header[i] for i in table.columns(*PATHS, *LABELS, SPLITS, SUBJECTS)}
        if rest := {*table.header} - known - {""}:
            yield f"{table.name}: columns that are not read: {few(rest)}"


def _in_split_folders(listing: Listing, entries: tuple[Entry, ...]) -> list[Entry]:
    """Return ``entries`` with the splits of their folders; raises ``DataError`` as these do."""
    splits = given_splits(listing)
    refuse_unlabelled(splits, found := [replace(e, split=splits.get(e.name, "")) for e in entries])
    if splits and (outside := [entry.path for entry in found if not entry.split]):
        raise DataError(f"{outside[0]} is in no split folder, others are; give a split column")
    return found


def _recognise(listing: Listing) -> Layout | None:
    heads = [head for name in lists_in(listing, SUFFIXES) if (head := _heading(listing, name))]
    if not heads or not listing.images:
        return None
    folders = candidate(listing)
    try:
        tables = {head.name: listing.tree.read(head.name) for head in heads}
        rows = named_rows(listing, [read_table(name, text) for name, text in tables.items()])
        if 2 * len(rows) < len(listing.images):
            return None
        labels = {name: row.label for name, row in rows.items()}
        agreeing = folders if told_by_folders(listing, labels) else None
        if agreeing and not _adds(rows, agreeing):
            return None
    except DataError:
        lacking = not folders or not any(entry.split for entry in folders.entries)
        if told_by_folders(listing, {}) and not (lacking and _tell_splits(heads)):
            return None
        raise
    if len(tables) > 1 and len(set(_splits_of(tables).values())) < len(tables):
        raise DataError(f"several tables name images: {few(tables)}; choose one with [data] labels")
    found = read_labels(listing, tables)
    return _of_folders(found, agreeing) if agreeing else found


def tables_in(listing: Listing) -> list[str]:
    """Return the names of the files that are tables of labels by their first line."""
    return [name for name in lists_in(listing, SUFFIXES) if _heading(listing, name)]


def named_rows(listing: Listing, tables: list[Table]) -> dict[str, Row]:
    """Return the last row of ``tables`` for each image that one names, by the image's name."""
    files, rows = Files(listing.images), dict[str, Row]()
    for row in _all_rows(tables):
        if name := files.find(row, row.place.rpartition("/")[0]):
            rows[name] = row
    return rows


def rows_of_splits(listing: Listing) -> Iterator[Row]:
    """Yield the rows of the tables that have a path and a split column."""
    for name in lists_in(listing, SUFFIXES):
        head = _head(listing, name)
        if head and head.column(*PATHS) is not None and head.column(SPLITS) is not None:
            rows = list(_split_rows(read_table(name, listing.tree.read(name))))
            if len({bool(row.split) for row in rows}) > 1:
                raise DataError(f"{name}: {HALF_SPLIT}")
            yield from rows


def _split_rows(table: Table) -> Iterator[Row]:
    path, split = table.column(*PATHS), table.column(SPLITS)
    assert path is not None and split is not None
    for line, values in table.lines:
        place = f"{table.name}:{line}"
        yield Row(place=place, image=values[path], label="", split=_split(place, values[split]))


def _adds(rows: Mapping[str, Row], folders: Layout) -> bool:
    """Tell whether ``rows`` give splits, or subjects, and ``folders`` none."""
    splits = any(row.split for row in rows.values()) and not any(e.split for e in folders.entries)
    subjects = any(row.subject for row in rows.values())
    return splits or (subjects and not any(entry.subject for entry in folders.entries))


def _of_folders(found: Layout, folders: Layout) -> Layout:
    """Return ``found`` with the classes of the ``folders``, which name them as the table does."""
    names = {entry.name: entry.class_name for entry in folders.entries}
    entries = tuple(replace(e, class_name=names.get(e.name, e.class_name)) for e in found.entries)
    note = "classes are those of the folders, splits and subjects those of the table"
    return replace(found, entries=entries, notes=(*found.notes, note))


def _heading(listing: Listing, name: str) -> Table | None:
    """Return the first line of the file ``name`` if it heads a path and a label column."""
    head = _head(listing, name)
    return head if head and None not in (head.column(*PATHS), head.column(*LABELS)) else None


def _head(listing: Listing, name: str) -> Table | None:
    """Return the first line of the file ``name`` as a table, ``None`` for no table of labels."""
    if TO_BE_FILLED.search(name.rpartition("/")[-1]):
        return None
    return read_first_line(listing, name)


def _tell_splits(heads: list[Table]) -> bool:
    """Tell whether tables have a column for splits, or names of splits."""
    columns = any(head.column(SPLITS) is not None for head in heads)
    return columns or len(_splits_of(head.name for head in heads)) > 1


def _splits_of(tables: Iterable[str]) -> dict[str, str]:
    """Return the split that each table is named by, or its folder where all have one name."""
    paths = list(map(PurePosixPath, tables))
    alike = len({path.name for path in paths}) == 1
    words = {path.parent.name if alike else path.stem: str(path) for path in paths}
    return {words[word]: split for word, split in splits_of(words).items()}


def _all_rows(tables: list[Table]) -> Iterator[Row]:
    named = _splits_of(table.name for table in tables) if len(tables) > 1 else {}
    for table in tables:
        yield from _rows(table, named.get(table.name, ""))


def _rows(table: Table, own_split: str) -> Iterator[Row]:
    """Yield the rows of ``table``, of ``own_split`` where it has no column for splits."""
    path, label = table.column(*PATHS), table.column(*LABELS)
    if path is None or label is None:
        missing = "path" if path is None else "label"
        raise DataError(
            f"{table.name}: its first line names no {missing} column; it has "
            f"{', '.join(map(repr, table.header))}, expected for instance path,label,split,subject"
        )
    split, subject = table.column(SPLITS), table.column(SUBJECTS)
    near = own_split or split_of(PurePosixPath(table.name).stem) or ""
    for line, values in table.lines:
        place = f"{table.name}:{line}"
        known = _value(values[label])
        if not values[path]:
            raise DataError(f"{place}: it names no image; give its path or remove the row")
        yield Row(
            place=place,
            image=values[path],
            label=known,
            split=own_split if split is None else _split(place, values[split]),
            near=near,
            subject="" if subject is None else _value(values[subject]),
            refusal="" if known else "the row has no label",
        )


def _value(text: str) -> str:
    return "" if text.lower() in NO_VALUE else text


def _split(place: str, word: str) -> str:
    if not _value(word):
        return ""
    found = split_of(word)
    if found is None:
        raise DataError(
            f"{place}: split is {word!r}; expected train, validation or test, or another heading "
            "where the column tells no split"
        )
    return found


SPEC = LayoutSpec(
    name=NAME,
    example=("images/1.png", "images/2.png", "labels.csv: path,label,split,subject"),
    images="every image that a row names",
    labels="the label column of labels.csv or another .csv, .tsv or .txt with , ; tabs or bars",
    splits="a split column, or tables named by their split; none is needed",
    subjects="a subject column, else known file names",
    recognise=_recognise,
)
