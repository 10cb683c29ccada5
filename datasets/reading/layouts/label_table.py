"""A table of labels: ``labels.csv`` with a path and a label column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from datasets.reading.layouts.class_folders import candidate, told_by_folders, with_subjects
from datasets.reading.layouts.layout import Entry, Layout, LayoutSpec, few
from datasets.reading.layouts.lists import Files, Row, Table, joined, read_first_line, read_table
from datasets.reading.layouts.names import given_splits, refuse_unlabelled
from datasets.reading.layouts.spellings import one_spelling
from datasets.reading.listing import Listing
from datasets.reading.words import split_of, splits_of
from datasets.records import DataError

NAME = "table of labels"
SUFFIXES = (".csv", ".tsv")
PATHS = re.compile(
    r"(sub(directory)?)?((image|img|file|pic|picture|photo)(s?path|s?name|file|id)?|filepath|path"
    r"|pth|name|id)"
)
LABELS = re.compile(
    r"labels?|emotions?(label|name)?|expressions?|class(name|label)?|category|target"
)
SPLITS = re.compile(r"split|usage|subset|partition|set")
SUBJECTS = re.compile(r"(subject|person|participant|actor)(id|name)?|identity")
"""What heads the columns, in any case and without spaces and signs."""


def read_labels(listing: Listing, tables: Mapping[str, bytes]) -> Layout:
    """Read the labels of ``listing`` from ``tables``, contents by name.

    Of several tables each is of the split that its name tells. Raises ``DataError`` for a table
    without a path and a label column, and for the first row that cannot be read.
    """
    rows = list(_all_rows([read_table(name, content) for name, content in tables.items()]))
    found = joined(listing, NAME, rows, tuple(tables))
    if not found.entries:
        seen = f" (first: {rows[0].image!r})" if rows else ""
        raise DataError(f"{few(tables)}: none of its {len(rows):,} rows names an image here{seen}")
    splits = {entry.split for entry in found.entries}
    if "" in splits and len(splits) > 1:
        raise DataError(f"{few(tables)}: some rows have a split and some none; give all one")
    given = _in_split_folders(listing, found.entries) if splits == {""} else found.entries
    entries, notes = one_spelling(given)
    return Layout(
        name=NAME,
        entries=tuple(with_subjects(entries)),
        left_out=found.left_out,
        notes=found.notes + notes,
    )


def _in_split_folders(listing: Listing, entries: tuple[Entry, ...]) -> list[Entry]:
    """Return ``entries`` with the splits of their folders; raises ``DataError`` as these do."""
    splits = given_splits(listing)
    refuse_unlabelled(splits, found := [replace(e, split=splits.get(e.name, "")) for e in entries])
    if splits and (outside := [entry.path for entry in found if not entry.split]):
        raise DataError(f"{outside[0]} is in no split folder, others are; give a split column")
    return found


def _recognise(listing: Listing) -> Layout | None:
    heads = [head for other in listing.others if (head := _heading(listing, other.path))]
    if not heads or not listing.images:
        return None
    folders = candidate(listing)
    told = folders.entries if folders else ()
    try:
        tables = {head.name: listing.tree.read(head.name) for head in heads}
        read = [read_table(name, content) for name, content in tables.items()]
        if not _says_more(listing, read, told):
            return None
    except DataError:
        splits = _tell_splits(heads) and not any(entry.split for entry in told)
        if told_by_folders(listing, {}) and not splits:
            return None
        raise
    if len(tables) > 1 and len(set(_splits_of(tables).values())) < len(tables):
        raise DataError(f"several tables name images: {few(tables)}; choose one with [data] labels")
    return read_labels(listing, tables)


def _heading(listing: Listing, name: str) -> Table | None:
    """Return the first line of the file ``name`` if it heads a path and a label column."""
    if not name.lower().endswith(SUFFIXES):
        return None
    head = read_first_line(listing, name)
    return head if head and None not in (head.column(PATHS), head.column(LABELS)) else None


def _says_more(listing: Listing, tables: list[Table], told: Iterable[Entry]) -> bool:
    """Tell whether ``tables`` name half of the images, and folders do not say the same.

    ``told`` is what folders say; it has to have splits and subjects if the tables have.
    """
    files, named = Files(listing.images), dict[str, Row]()
    for row in _all_rows(tables):
        if name := files.find(row, row.place.rpartition("/")[0]):
            named[name] = row
    if 2 * len(named) < len(listing.images):
        return False
    if any(row.split for row in named.values()) and not any(entry.split for entry in told):
        return True
    if any(row.subject for row in named.values()) and not any(entry.subject for entry in told):
        return True
    return not told_by_folders(listing, {name: row.label for name, row in named.items()})


def _tell_splits(heads: list[Table]) -> bool:
    """Tell whether tables have a column for splits, or names of splits."""
    columns = any(head.column(SPLITS) is not None for head in heads)
    return columns or len(_splits_of(head.name for head in heads)) > 1


def _splits_of(tables: Iterable[str]) -> dict[str, str]:
    """Return the split that each table is named by, for those that are named by one."""
    stems = {PurePosixPath(name).stem: name for name in tables}
    return {stems[stem]: split for stem, split in splits_of(stems).items()}


def _all_rows(tables: list[Table]) -> Iterator[Row]:
    named = _splits_of(table.name for table in tables) if len(tables) > 1 else {}
    for table in tables:
        yield from _rows(table, named.get(table.name, ""))


def _rows(table: Table, own_split: str) -> Iterator[Row]:
    """Yield the rows of ``table``, of ``own_split`` where it has no column for splits."""
    path, label = table.column(PATHS), table.column(LABELS)
    if path is None or label is None:
        missing = "path" if path is None else "label"
        raise DataError(
            f"{table.name}: its first line names no {missing} column; it has "
            f"{', '.join(map(repr, table.header))}, expected for instance path,label,split,subject"
        )
    split, subject = table.column(SPLITS), table.column(SUBJECTS)
    for line, values in table.lines:
        place = f"{table.name}:{line}"
        if not values[path]:
            raise DataError(f"{place}: it names no image; give its path or remove the row")
        yield Row(
            place=place,
            image=values[path],
            label=values[label],
            split=own_split if split is None else _split(place, values[split]),
            subject="" if subject is None else values[subject],
            refusal="" if values[label] else "the row has no label",
        )


def _split(place: str, word: str) -> str:
    if not word:
        return ""
    found = split_of(word)
    if found is None:
        raise DataError(f"{place}: split is {word!r}; expected train, validation or test")
    return found


SPEC = LayoutSpec(
    name=NAME,
    example=("images/1.png", "images/2.png", "labels.csv: path,label,split,subject"),
    images="every image that a row names",
    labels="the label column of labels.csv or another .csv or .tsv, separated by , ; or tabs",
    splits="a split column, or tables named by their split; none is needed",
    subjects="a subject column, else known file names",
    recognise=_recognise,
)
