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
from datasets.reading.listing import Listing, list_images
from datasets.reading.trees import content_fingerprint, open_tree
from datasets.records import DataError, LeftOut
from datasets.registry import Decoded, data_set

NOTHING = Layout(name="tables", entries=())
"""The layout in folders of what is read from tables."""


def fingerprint(path: Path | None, options: Mapping[str, Any]) -> str:
    """Name the content at ``path`` and, where they lie beside it, the votes of FER+."""
    given = content_fingerprint(path, options)
    votes = fer_plus.votes_file(path) if path else None
    return hashlib.sha256(f"{given} {sha256_of(votes)}".encode()).hexdigest() if votes else given


def votes(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Return the FER+ votes of each image by its path in the data set; none where none are."""
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
        found = read_tables(path, tables, labels)
        return replace(found, left_out=lambda: (*found.left_out(), *others))
    if not layout.entries:
        raise DataError(
            f"{path}: no FER2013 in it; expected fer2013.csv, or train/ and test/ folders with a "
            "folder for each emotion"
        )
    if wants_votes(labels):
        raise DataError(
            f"{path}: FER+ is joined by the rows of fer2013.csv, and folders have none; give "
            "fer2013.csv, or leave data.labels out"
        )
    return read_folders(path, layout, others)


def _found(path: Path) -> tuple[Tables | None, Layout, tuple[LeftOut, ...]]:
    """Return the tables at ``path``, or the images in folders, and what is left out beside them.

    A table of any name comes after class folders.
    """
    with open_tree(path) as tree:
        tables, listing = find_tables(tree, any_name=False), list_images(tree)
        if tables:
            return tables, NOTHING, _beside_tables(listing)
        layout = class_folders(listing)
        if len(layout.class_names) < 2 and (tables := find_tables(tree, any_name=True)):
            return tables, NOTHING, _beside_tables(listing)
        return None, layout, listing.others


def _beside_tables(listing: Listing) -> tuple[LeftOut, ...]:
    """Return the images that lie beside tables, and links and files that could be such."""
    images = (
        LeftOut(path=name, kind="unused", reason="an image beside the table that is read")
        for name in listing.images
    )
    return (*images, *(one for one in listing.others if one.kind != "no image"))
