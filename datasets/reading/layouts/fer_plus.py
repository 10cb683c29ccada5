"""FER+ as folders of images (Barsoum et al. 2016): ``label.csv`` with ten annotators' votes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np

from datasets.reading.fer_plus import COLUMNS, EXPRESSIONS, WHY_NONE, majority
from datasets.reading.layouts.layout import Layout, LayoutSpec
from datasets.reading.layouts.lists import Row, decoded_text, joined, read_first_line
from datasets.reading.layouts.names import given_splits, refuse_unlabelled
from datasets.reading.listing import Listing
from datasets.reading.words import split_of
from datasets.records import DataError, Incomplete

NAME = "FER+"
LIST = "label.csv"
VOTES = len(COLUMNS)
_COLUMNS = 2 + VOTES
"""The image, its box, and the votes."""


def _recognise(listing: Listing) -> Layout | None:
    lists = [o.path for o in listing.others if PurePosixPath(o.path).name.lower() == LIST]
    lists = [name for name in lists if _has_votes(name, listing)]
    if not lists:
        return None
    splits = given_splits(listing)
    rows = [row for name in lists for row in _rows(name, listing.tree.read(name))]
    found = joined(listing, NAME, rows, tuple(lists))
    if not found.entries:
        raise Incomplete(
            f"{lists[0]}: none of its {len(rows):,} images is here; add them beside it"
        )
    refuse_unlabelled(splits, found.entries)
    return found


def label_of(votes: Sequence[int]) -> tuple[str, str]:
    """Return the label of ``votes`` and ``""``, or ``""`` and why they give none."""
    column = int(majority(np.array([votes], np.int64))[0])
    if column in WHY_NONE:
        return "", WHY_NONE[column]
    return EXPRESSIONS[column], ""


def _has_votes(name: str, listing: Listing) -> bool:
    head = read_first_line(listing, name, ",")
    first = head.header if head else ()
    return len(first) == _COLUMNS and all(map(str.isdecimal, first[2:]))


def _rows(name: str, content: bytes) -> Iterator[Row]:
    split = split_of(PurePosixPath(name).parent.name)
    reader = csv.reader(decoded_text(name, content).split("\n"))
    for values in reader:
        if not values:
            continue
        place, image, votes = f"{name}:{reader.line_num}", values[0].strip(), values[2:]
        if len(votes) != VOTES or not all(value.strip().isdecimal() for value in votes):
            raise DataError(f"{place}: expected an image, its box and {VOTES} whole numbers")
        if not image:
            continue
        label, refusal = label_of(tuple(map(int, votes)))
        yield Row(place=place, image=image, label=label, split=split or "", refusal=refusal)


SPEC = LayoutSpec(
    name=NAME,
    example=(
        "FER2013Train/fer0000000.png",
        'FER2013Train/label.csv: fer0000000.png,"(0, 0, 48, 48)",4,0,0,1,3,2,0,0,0,0',
        "FER2013Valid/fer0028638.png",
        "FER2013Test/fer0032220.png",
    ),
    images="every image whose votes have a majority for an expression; the others are told",
    labels="the majority of the votes without single ones, eight classes with contempt",
    splits="the folders: FER2013Train, FER2013Valid, FER2013Test",
    subjects="none",
    recognise=_recognise,
)
