"""FER2013 as one table: ``emotion,pixels,Usage``, a row for each image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from datasets.reading.fer2013_classes import EMOTIONS
from datasets.reading.fer2013_official import CLASS_NAMES, SIDE, USAGES, Comparison
from datasets.reading.images import Pixels
from datasets.reading.trees import open_tree
from datasets.records import DataError, Provenance
from datasets.registry import Decoded, Sample

CHUNK = 1024


def read_csv(path: Path, name: str) -> Decoded:
    """Read the table ``name`` in the file, folder or archive ``path``.

    Spaces around column names are allowed. Without a ``Usage`` column the data set is
    unofficial. An image's path is ``<file>:<line>``, as in an editor. A row that cannot be
    read raises ``DataError`` naming it.
    """
    with open_tree(path) as tree, tree.opened(name) as file:
        has_usage = "Usage" in _columns(name, file.readline().decode("utf-8-sig", "replace"))
        count = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    comparison = Comparison()

    def samples() -> Iterator[Sample]:
        return map(comparison.add, _samples(path, name))

    def provenance() -> Provenance:
        if has_usage:
            return comparison.official_or_altered()
        note = f"{name} has no Usage column, so no official split"
        return Provenance("unofficial", (note, *comparison.of_the_whole()))

    return Decoded(
        class_names=CLASS_NAMES,
        image_shape=(SIDE, SIDE, 1),
        count=count,
        samples=samples,
        provenance=provenance,
    )


def _columns(name: str, first_line: str) -> list[str]:
    columns = [column.strip(" \"'\r\n") for column in first_line.split(",")]
    if not {"emotion", "pixels"} <= set(columns):
        raise DataError(f"{name}: its first line must name the columns emotion,pixels,Usage")
    return columns


def _samples(path: Path, name: str) -> Iterator[Sample]:
    with open_tree(path) as tree, tree.opened(name) as file:
        try:
            for chunk in pd.read_csv(
                file, dtype=str, chunksize=CHUNK, keep_default_na=False, skip_blank_lines=False
            ):
                chunk.columns = chunk.columns.str.strip()
                for index, row in zip(chunk.index, chunk.to_dict("records"), strict=True):
                    if any(row.values()):
                        yield _sample(f"{name}:{index + 2}", row)
        except (pd.errors.ParserError, UnicodeDecodeError) as error:
            raise DataError(f"{name}: not a readable CSV ({error}); take a fresh copy") from error


def _sample(place: str, row: dict[Any, str]) -> Sample:
    emotion, usage = row["emotion"].strip(), row.get("Usage", "").strip()
    if emotion not in {str(code) for code in range(len(EMOTIONS))}:
        raise DataError(f"{place}: emotion is {emotion!r}; expected 0 to {len(EMOTIONS) - 1}")
    if "Usage" in row and usage not in USAGES:
        raise DataError(f"{place}: Usage is {usage!r}; expected one of {', '.join(USAGES)}")
    label = CLASS_NAMES.index(EMOTIONS[int(emotion)])
    return Sample(_pixels(place, row["pixels"]), label, place, USAGES.get(usage, ""))


def _pixels(place: str, text: str) -> Pixels:
    try:
        values = np.fromstring(text, dtype=np.int64, sep=" ")
    except ValueError as error:
        raise DataError(f"{place}: pixels are not whole numbers; take a fresh copy") from error
    if len(values) != SIDE * SIDE:
        raise DataError(f"{place}: {len(values):,} pixel values; expected {SIDE * SIDE:,}")
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"{place}: pixel values must lie in 0 to 255")
    return values.astype(np.uint8).reshape(SIDE, SIDE, 1)
