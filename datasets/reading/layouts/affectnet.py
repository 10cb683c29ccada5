"""AffectNet's annotations (Mollahosseini et al. 2017): ``training.csv`` and ``validation.csv``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from datasets.reading.layouts.layout import Layout, LayoutSpec
from datasets.reading.layouts.lists import Row, Table, joined, read_first_line, read_table
from datasets.reading.listing import Listing
from datasets.reading.numbers import whole_number
from datasets.reading.words import split_of
from datasets.records import DataError, Incomplete

NAME = "AffectNet"
EMOTIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")
OTHERS = {"8": "no expression", "9": "uncertain", "10": "no face"}
PATH, EXPRESSION = re.compile("subdirectoryfilepath"), re.compile("expression")


def _recognise(listing: Listing) -> Layout | None:
    heads = {o.path: head for o in listing.others if (head := _first_line(listing, o.path))}
    headed = [name for name, head in heads.items() if _is_heading(head)]
    if not headed or not listing.images:
        return None
    header = heads[headed[0]].header
    lists = [name for name, head in heads.items() if name in headed or _fits(head, header)]
    rows = [row for name in lists for row in _rows(_table(listing, name, header))]
    found = joined(listing, NAME, rows, tuple(lists))
    if not found.entries:
        raise Incomplete(
            f"{lists[0]}: none of its {len(rows):,} images is here; add the folder of images"
        )
    return found


def _first_line(listing: Listing, name: str) -> Table | None:
    return read_first_line(listing, name, ",") if name.lower().endswith(".csv") else None


def _is_heading(head: Table) -> bool:
    return head.column(PATH) is not None and head.column(EXPRESSION) is not None


def _fits(head: Table, header: tuple[str, ...]) -> bool:
    """Tell whether the table that begins with ``head`` has rows for ``header`` and none itself."""
    return len(head.header) == len(header) and split_of(PurePosixPath(head.name).stem) is not None


def _table(listing: Listing, name: str, header: tuple[str, ...]) -> Table:
    """Read a table; the published ``validation.csv`` has no heading, and takes ``header``."""
    table = read_table(name, listing.tree.read(name), ",")
    if _is_heading(table):
        return table
    return Table(name, header, ((1, table.header), *table.lines))


def _rows(table: Table) -> Iterator[Row]:
    name = table.name
    path, expression = table.column(PATH), table.column(EXPRESSION)
    assert path is not None and expression is not None
    split = split_of(PurePosixPath(name).stem)
    if split is None:
        raise DataError(f"{name}: its name tells no split; call it training.csv or validation.csv")
    for line, values in table.lines:
        code = values[expression]
        number = whole_number(code)
        known = EMOTIONS[number] if number is not None and number < len(EMOTIONS) else ""
        if not known and code not in OTHERS:
            raise DataError(f"{name}:{line}: expression is {code[:40]!r}; expected 0 to 10")
        yield Row(
            place=f"{name}:{line}",
            image=values[path],
            label=known,
            split=split,
            refusal=OTHERS.get(code, ""),
        )


SPEC = LayoutSpec(
    name=NAME,
    example=(
        "Manually_Annotated_Images/689/737db2.jpg",
        "training.csv: subDirectory_filePath,…,expression,valence,arousal",
        "validation.csv: subDirectory_filePath,…,expression,valence,arousal",
    ),
    images="every image with an expression, whole; 8 none, 9 uncertain and 10 no face are told",
    labels="the column expression: 0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, "
    "6 angry, 7 contempt",
    splits="the tables' names; a test set is made of training",
    subjects="none",
    recognise=_recognise,
)
