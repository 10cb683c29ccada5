"""Lists that part the images of a layout into splits: ``train.txt`` and ``test.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from datasets.reading.layouts.label_table import rows_of_splits
from datasets.reading.layouts.layout import Layout, few, unused
from datasets.reading.layouts.lists import Files, Row, counted_rows, decoded_text, lists_in
from datasets.reading.listing import Listing
from datasets.reading.words import splits_of
from datasets.records import SplitError

SUFFIXES = (".txt", ".lst", ".csv", ".tsv")
FIRST_LINES = 3
"""How many lines of a list are looked at for the name of an image."""


def with_split_lists(listing: Listing, found: Layout) -> Layout:
    """Return ``found``, which has no splits, with those that lists beside it give.

    Lists are text files named by their splits with an image's name in each line, and tables with a
    path and a split column. Raises ``SplitError`` for an image in two splits. Images that no list
    names are left out.
    """
    files = Files([entry.name for entry in found.entries])
    rows = [*_rows_of_lists(listing, files), *rows_of_splits(listing)]
    named, lost = dict[str, Row](), list[Row]()
    for row in rows:
        name = files.find(row, row.place.rpartition("/")[0])
        if name is None:
            lost.append(row)
        elif (before := named.setdefault(name, row)).split != row.split:
            raise SplitError(
                f"{row.place}: {row.image} is in {row.split}, but in {before.split} in "
                f"{before.place}; remove one of the lines"
            )
    if not named:
        return found
    lists = {row.place.rpartition(":")[0] for row in rows}
    entries = [replace(e, split=named[e.name].split) for e in found.entries if e.name in named]
    reasons = {one.path: one.reason for one in found.left_out}
    reason = f"no line of {few(lists)} names it"
    return replace(
        found,
        entries=tuple(entries),
        left_out=unused(listing, entries, lambda name: reasons.get(name, reason)),
        notes=(
            *found.notes,
            f"splits are those of {few(lists)}",
            *counted_rows("lines that name no image here", lost),
        ),
    )


def _rows_of_lists(listing: Listing, files: Files) -> Iterator[Row]:
    """Yield a row for each line of the lists that are named by splits."""
    stems = {PurePosixPath(name).stem: name for name in lists_in(listing, SUFFIXES)}
    splits = splits_of(stems)
    if len(set(splits.values())) < 2:
        return
    for stem, split in splits.items():
        rows = list(_lines(listing, stems[stem], split, files))
        first = [row for row in rows[:FIRST_LINES] if files.find(row, "")]
        if first:
            yield from rows[rows.index(first[0]) :]


def _lines(listing: Listing, name: str, split: str, files: Files) -> Iterator[Row]:
    for line, text in enumerate(decoded_text(name, listing.tree.read(name)).split("\n"), start=1):
        if not (whole := text.strip()):
            continue
        parts = (whole, whole.rpartition(" ")[0], re.split(r"[,;|\t]", whole)[0].strip(' "'))
        rows = [
            Row(place=f"{name}:{line}", image=part, label="", split=split, near=split)
            for part in parts
            if part
        ]
        yield next((row for row in rows if files.find(row, "")), rows[0])
