"""What a data set and its split hold, in a few numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audit.examination import BLANK
from datasets.audit.measures import grey
from datasets.audit.near_duplicates import reduced
from datasets.cache.packs import splits_table
from datasets.left_out import grouped, told
from datasets.records import SPLIT_NAMES, DataSet, Provenance, Split

Rows = NDArray[np.int64]
MOSTLY = 0.5
"""Share of blank images from which a class or a split is told."""
FEW = 5
"""Fewer images may well be alike."""
LOOKED_AT = 200
"""Images of a class or split, evenly chosen, by which it is judged whether to look at all."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What `inspect` answers.

    ``counts``: images by class (index) and split, with the column and line ``all``.
    ``different_images`` counts images that differ in pixels; ``split_made`` tells whether
    ferbench made a part of the split; ``remarks`` are sentences, see `remarks`.
    """

    name: str
    provenance: Provenance
    image_shape: tuple[int, int, int]
    counts: pd.DataFrame
    different_images: int
    split_made: bool
    digest: str
    split_digest: str
    remarks: tuple[str, ...] = ()


def class_counts(data: DataSet, split: Split) -> dict[str, dict[str, int]]:
    """Return split → class → number of images."""
    return {
        str(name): {str(k): int(n) for k, n in column.items()}
        for name, column in _counted(data, split).items()
    }


def absent_classes(counts: Mapping[str, Mapping[str, int]], split: str) -> tuple[str, ...]:
    """Return the classes without an image in ``split``; ``counts`` is split → class → images."""
    return tuple(name for name, images in counts.get(split, {}).items() if not images)


def absences(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Say which classes have no validation or no test images, and what that does to scores.

    ``counts`` is split → class → images; a split without any image is left out.
    """
    for split in ("validation", "test"):
        absent = absent_classes(counts, split)
        if absent and any(counts[split].values()):
            yield (
                f"no {split} image of {', '.join(absent)}: macro scores on {split} are over the "
                f"other classes"
            )


def inspect(data: DataSet, split: Split) -> Summary:
    """Summarise ``data`` under ``split``."""
    counts = _counted(data, split)
    counts["all"] = counts.sum(axis=1)
    counts.loc["all"] = counts.sum()
    return Summary(
        name=data.name,
        provenance=data.provenance,
        image_shape=data.image_shape,
        counts=counts,
        different_images=len(np.unique(data.image_ids)),
        split_made=split.made,
        digest=data.digest,
        split_digest=split.digest,
        remarks=remarks(data, split),
    )


def _counted(data: DataSet, split: Split) -> pd.DataFrame:
    """Return the images of each class in each split: a line for a class, a column for a split."""
    table = splits_table(data, split)
    counts = pd.crosstab(table["label"], table["split"]).reindex(
        index=range(len(data.class_names)), columns=list(SPLIT_NAMES), fill_value=0
    )
    counts.index = pd.Index(data.class_names, name="class")
    return counts


def remarks(data: DataSet, split: Split) -> tuple[str, ...]:
    """Say what to know of ``data`` before anything trains.

    Notes of its reader, what was left out of it and why, which class or split is lifeless, and
    which classes have no validation or test images.
    """
    return (
        *data.provenance.notes,
        *told(grouped(data.left_out)),
        *lifeless(data, split),
        *absences(class_counts(data, split)),
    )


def lifeless(data: DataSet, split: Split) -> tuple[str, ...]:
    """Name each split, class and class of a split that is mostly blank, or all one picture.

    A class of a split is named where the class is not, nor the whole split.
    """
    parts = {name: cast(Rows, getattr(split, name)) for name in SPLIT_NAMES}
    every = np.concatenate(list(parts.values()))
    said = {name: _lifeless(data, rows, f"{name} image") for name, rows in parts.items()}
    found = [text for text in said.values() if text]
    for label, name in enumerate(data.class_names):
        what = f"image of class {name!r}"
        if text := _lifeless(data, _of(data, every, label), what):
            found.append(text)
            continue
        living = [part for part, told in said.items() if not told.startswith("every")]
        rest = (_lifeless(data, _of(data, parts[p], label), f"{p} {what}") for p in living)
        found += [text for text in rest if text]
    return tuple(found)


def _lifeless(data: DataSet, rows: Rows, what: str) -> str:
    """Say what is lifeless of the images ``rows``, which are ``what`` each, or nothing."""
    if not len(rows):
        return ""
    shown = rows[:: -(-len(rows) // LOOKED_AT)]
    if _blank(data, shown) >= MOSTLY * len(shown) and (blank := _blank(data, rows)):
        if blank == len(rows):
            return f"every {what} is blank, or nearly so ({blank:,})"
        if blank >= MOSTLY * len(rows):
            several = what.replace("image", "images", 1)
            return f"{blank:,} of {len(rows):,} {several} are blank, or nearly so"
    if len(rows) > 1 and len(np.unique(data.image_ids[rows])) == 1:
        return f"every {what} is the same picture ({len(rows):,})"
    if len(rows) >= FEW and reduced(data.images[shown]).std(axis=0).mean() < BLANK:
        return f"every {what} is nearly the same picture ({len(rows):,})"
    return ""


def _blank(data: DataSet, rows: Rows) -> int:
    images = (grey(np.asarray(data.images[row])) for row in rows)
    return sum(float(cv2.meanStdDev(image)[1].item()) < BLANK for image in images)


def _of(data: DataSet, rows: Rows, label: int) -> Rows:
    chosen: Rows = rows[data.labels[rows] == label]
    return chosen
