"""FER2013 (Goodfellow et al. 2013, arXiv 1307.0414), in every layout in which people have it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from datasets.files import sha256_of
from datasets.reading import fer_plus
from datasets.reading.fer2013_csv import read_tables
from datasets.reading.fer2013_folders import read_folders
from datasets.reading.fer2013_tables import Tables, find_tables
from datasets.reading.fer2013_votes import votes_by_place, wants_votes
from datasets.reading.layouts.class_folders import class_folders
from datasets.reading.layouts.layout import Layout
from datasets.reading.layouts.table import recognise_layout
from datasets.reading.layouts.unread import unread_forms
from datasets.reading.listing import Listing, list_images
from datasets.reading.signatures import ARCHIVE
from datasets.reading.trees import content_fingerprint, open_tree
from datasets.records import DataError, LeftOut, SplitError
from datasets.registry import Decoded, data_set

NOTHING = Layout(name="tables", entries=())
"""The layout in folders of what is read from tables."""
EXPECTED = "expected fer2013.csv, or train/ and test/ folders with a folder for each emotion"


def fingerprint(path: Path | None, options: Mapping[str, Any]) -> str:
    """Name the content at ``path`` and, where they lie beside it, the votes of FER+."""
    given = content_fingerprint(path, options)
    votes = fer_plus.votes_file(path) if path else None
    return hashlib.sha256(f"{given} {sha256_of(votes)}".encode()).hexdigest() if votes else given


def votes(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Return the FER+ votes of each image by its path in the data set; none where none are.

    Raises ``DataError`` for votes that cannot be joined.
    """
    tables, _, _ = _found(path)
    return votes_by_place(path, tables.tables) if tables else MappingProxyType({})


@data_set(
    name="fer2013",
    summary="35,887 grey faces of 48×48 pixels in seven expressions, with an official split",
    origin="Goodfellow et al. 2013, Challenges in Representation Learning, arXiv 1307.0414",
    licence="none published; ferbench does not redistribute it",
    fingerprint=fingerprint,
    votes=votes,
    options=MappingProxyType({"labels": ""}),
)
def fer2013(path: Path | None, options: Mapping[str, Any]) -> Decoded:
    """Recognise the layout at ``path``; raises ``DataError`` where it is none of FER2013's."""
    if path is None:
        raise DataError("fer2013: its place is missing; give it with --data PATH")
    labels = str(options.get("labels", ""))
    tables, layout, others = _found(path)
    if tables:
        decoded = read_tables(path, tables, labels)
        return replace(decoded, left_out=lambda: (*decoded.left_out(), *others))
    if wants_votes(labels):
        raise DataError(
            f"{path}: FER+ is joined by the rows of fer2013.csv, and folders have none; give "
            "fer2013.csv, or leave data.labels out"
        )
    return read_folders(path, layout, others)


def _found(path: Path) -> tuple[Tables | None, Layout, tuple[LeftOut, ...]]:
    """Return the tables at ``path``, or the images in folders, and what is left out beside them.

    A table of any name comes after class folders. Raises ``DataError`` where there is neither.
    """
    with open_tree(path) as tree:
        listing = list_images(tree)
        if tables := find_tables(tree, any_name=False):
            return tables, NOTHING, _beside_tables(listing)
        layout = class_folders(listing)
        if len(layout.class_names) < 2 and (tables := find_tables(tree, any_name=True)):
            return tables, NOTHING, _beside_tables(listing)
        if layout.entries:
            return None, _with_given_splits(path, listing, layout), listing.others
        told = next(unread_forms(listing), "")
        raise DataError(f"{path}: no FER2013 in it; {told and f'{told}; '}{EXPECTED}")


def _with_given_splits(path: Path, listing: Listing, layout: Layout) -> Layout:
    """Return ``layout``, with the splits of lists and tables beside it if its folders have none."""
    if any(entry.split for entry in layout.entries):
        return layout
    try:
        found = recognise_layout(listing)
    except SplitError as error:
        raise SplitError(f"{path}: {error}") from error
    return found if any(entry.split for entry in found.entries) else layout


def _beside_tables(listing: Listing) -> tuple[LeftOut, ...]:
    """Return the images beside tables, and links, files and archives that could hold some."""
    images = [
        LeftOut(path=name, kind="unused", reason="an image beside the table, which is read")
        for name in listing.images
    ]
    others = [one for one in listing.others if one.kind != "no image" or one.reason == ARCHIVE]
    return (*images, *others)
