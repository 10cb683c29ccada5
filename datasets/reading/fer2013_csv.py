"""FER2013 as tables: ``emotion,pixels,Usage``, a row for each image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.reading.delimited import count_lines
from datasets.reading.fer2013_official import SIDE, Comparison
from datasets.reading.fer2013_recovery import RECOVERED, with_official_split
from datasets.reading.fer2013_rows import labelled_rows
from datasets.reading.fer2013_tables import Tables
from datasets.reading.fer2013_votes import Relabelling
from datasets.reading.images import Pixels
from datasets.reading.trees import open_tree
from datasets.records import SPLIT_NAMES, DataError, Provenance
from datasets.registry import Decoded, Sample

NO_PIXELS = ("", "nan", "none", "null", "na")
LISTED = str.maketrans("[],", "   ")


def read_tables(path: Path, tables: Tables, labels: str = "") -> Decoded:
    """Read ``tables`` in the file, folder or archive ``path``.

    Classes are the codes 0 to 6 or words; splits those of ``Usage``, or of the tables' names.
    Without either the data set is unofficial, unless its pixels prove the official split. An
    image's path is ``<file>:<line>``, as in an editor. A row that cannot be read raises
    ``DataError`` naming it.

    With the ``labels`` ``fer+`` an image's class is the majority of its FER+ votes, and images
    without one are left out; raises ``DataError`` where the votes cannot be joined.
    """
    comparison, relabelling = Comparison(), Relabelling(path, tables.tables, labels)
    names = {table.split for table in tables.tables}
    whole = all(table.has_usage for table in tables.tables) or names == set(SPLIT_NAMES)

    def samples() -> Iterator[Sample]:
        given = _samples(path, tables)
        found = given if whole else with_official_split(given)
        return relabelling.relabelled(map(comparison.add, found))

    def provenance() -> Provenance:
        found = _provenance(comparison, tables, whole=whole)
        return relabelling.provenance(replace(found, notes=found.notes + tables.notes))

    with open_tree(path) as tree:
        count = 0
        for table in tables.tables:
            with tree.opened(table.name) as file:
                count += count_lines(file, table.name) - table.header.line
    return Decoded(
        class_names=relabelling.class_names,
        image_shape=(SIDE, SIDE, 1),
        count=count,
        samples=samples,
        provenance=provenance,
        left_out=lambda: (*tables.left_out, *relabelling.left_out),
    )


def _provenance(comparison: Comparison, tables: Tables, *, whole: bool) -> Provenance:
    if comparison.proved:
        return Provenance("official", () if whole else (RECOVERED,))
    if whole:
        return comparison.official_or_altered()
    names = ", ".join(table.name for table in tables.tables if not table.has_usage)
    note = f"no Usage column in {names}, so no official split"
    return Provenance("unofficial", (note, *comparison.of_the_whole()))


def _samples(path: Path, tables: Tables) -> Iterator[Sample]:
    with open_tree(path) as tree:
        for row in labelled_rows(tree, tables.tables):
            yield Sample(pixels_of(row.place, row.pixels), row.label, row.place, row.split)


def pixels_of(place: str, text: str) -> Pixels:
    """Return the image that ``text`` spells, uint8 48×48×1; raises ``DataError`` at ``place``.

    The numbers stand between spaces, or as a list in brackets and between commas.
    """
    if text.lower() in NO_PIXELS:
        told = f"pixels are {text!r}" if text else "pixels are missing"
        raise DataError(f"{place}: {told}; expected {SIDE * SIDE:,} numbers; take a fresh copy")
    if text.startswith("[") or "," in text:
        text = text.translate(LISTED)
    try:
        values = np.fromstring(text, dtype=np.int64, sep=" ")
    except ValueError as error:
        first = next((repr(each[:20]) for each in text.split() if not each.isdecimal()), "none")
        raise DataError(
            f"{place}: pixels are not whole numbers (first: {first}); take a fresh copy"
        ) from error
    if len(values) != SIDE * SIDE:
        raise DataError(f"{place}: {len(values):,} pixel values; expected {SIDE * SIDE:,}")
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"{place}: pixel values must lie in 0 to 255")
    return values.astype(np.uint8).reshape(SIDE, SIDE, 1)
