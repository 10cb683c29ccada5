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
from datasets.reading.signatures import SUFFIXES as IMAGES
from datasets.reading.words import splits_of
from datasets.records import SplitError, SplitName

SUFFIXES = (".txt", ".lst", ".csv", ".tsv")
FIRST_LINES = 3
"""How many lines of a list are looked at for the name of an image."""


def with_split_lists(listing: Listing, found: Layout) -> Layout:
    """Return ``found``, which has no splits, with those that lists beside it give.

    Lists are text files named by their splits with an image's name in each line, and tables with a
    path and a split column. Raises ``SplitError`` for an image in two splits, and for a split of
    which no image is here. Images that no list names are left out.
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
    there = {row.split for row in named.values()}
    for row in lost:
        if row.split and row.split not in there:
            raise SplitError(
                f"{row.place}: none of the {row.split} lines names an image here (first: "
                f"{row.image}); write the images' names, or remove what tells a split"
            )
    if not there - {""}:
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
    """Yield a row for each line of the lists that are named by splits.

    A text is such a list if one of its first lines names an image, or something else that is
    called like one. Raises ``SplitError`` where one split has such lists and another's is none.
    """
    texts = lists_in(listing, SUFFIXES)
    splits = splits_of(PurePosixPath(name).stem for name in texts)
    named = {name: split for name in texts if (split := splits.get(PurePosixPath(name).stem))}
    lists = {name: _images_in(listing, name, split, files) for name, split in named.items()}
    given = {named[name] for name, rows in lists.items() if rows}
    for name, rows in lists.items():
        if given and named[name] not in given:
            raise SplitError(
                f"{name}: is named as the {named[name]} split and lists no images, as the lists of "
                "other splits do; fill it, or remove all of them to have splits made here"
            )
        yield from rows


def _images_in(listing: Listing, name: str, split: SplitName, files: Files) -> list[Row]:
    """Return the rows of the list ``name`` from the first that names an image; none for no list."""
    folder = name.rpartition("/")[0]
    rows = list(_lines(listing, name, split, files))
    for row in rows[:FIRST_LINES]:
        if files.find(row, folder) or _is_called_as_image(row.image):
            return rows[rows.index(row) :]
    return []


def _lines(listing: Listing, name: str, split: SplitName, files: Files) -> Iterator[Row]:
    folder = name.rpartition("/")[0]
    for line, text in enumerate(decoded_text(name, listing.tree.read(name)).split("\n"), start=1):
        if not (whole := text.strip()):
            continue
        fields = [field.strip(' "') for field in re.split(r"[,;|\t]", whole)]
        called = [field for field in fields if _is_called_as_image(field)]
        rows = [
            Row(place=f"{name}:{line}", image=part, label="", split=split, near=split)
            for part in (whole, whole.rpartition(" ")[0], *called, fields[0])
            if part
        ]
        likely = next((row for row in rows if _is_called_as_image(row.image)), rows[0])
        yield next((row for row in rows if files.find(row, folder)), likely)


def _is_called_as_image(name: str) -> bool:
    return name.lower().endswith(IMAGES)
