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
from datasets.left_out import UNREADABLE, beyond, grouped, told
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
    counts = {
        name: np.bincount(data.labels[getattr(split, name)], minlength=len(data.class_names))
        for name in SPLIT_NAMES
    }
    return {
        name: dict(zip(data.class_names, map(int, column), strict=True))
        for name, column in counts.items()
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
            yield absence(split, ", ".join(absent))


def absence(split: str, absent: str) -> str:
    """Say that ``split`` has no image of the classes that ``absent`` lists."""
    return f"no {split} image of {absent}: macro scores on {split} are over the other classes"


def inspect(data: DataSet, split: Split) -> Summary:
    """Summarise ``data`` under ``split``."""
    images = class_counts(data, split)
    counts = pd.DataFrame(images).rename_axis("class")
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
        remarks=remarks(data, split, images),
    )


def remarks(
    data: DataSet, split: Split, counts: Mapping[str, Mapping[str, int]]
) -> tuple[str, ...]:
    """Say what to know of ``data`` before anything trains; ``counts`` are those of `class_counts`.

    Which splits were made, notes of its reader, what was left out of it and why, which class or
    split is lifeless, and which classes have no validation or test images.
    """
    return (
        *made_here(data, split),
        *data.provenance.notes,
        *told(grouped(data.left_out)),
        *filter(None, [beyond(data, UNREADABLE)]),
        *lifeless(data, split),
        *absences(counts),
    )


def made_here(data: DataSet, split: Split) -> Iterator[str]:
    """Say which splits were not given, and how they were made."""
    made = [name for name in ("validation", "test") if not (data.split == name).any()]
    if split.made and made:
        near = " and nearly identical" if split.policy == "group" else ""
        subjects = ", and all images of one subject," if (data.subjects != "").any() else ""
        yield (
            f"{' and '.join(made)} split made here, as none was given: drawn class by class from "
            f"the seed, with identical{near} images{subjects} on one side; another seed gives "
            "another"
        )


def lifeless(data: DataSet, split: Split) -> tuple[str, ...]:
    """Name each split, class and class of a split that is mostly blank, or all one picture.

    A class of a split is named where the class is not, nor the whole split.
    """
    parts = {name: cast(Rows, getattr(split, name)) for name in SPLIT_NAMES}
    every = np.concatenate(list(parts.values()))
    said = {name: _lifeless(data, rows, f"{name} image") for name, rows in parts.items()}
    found = [text for text in said.values() if text]
    living = [part for part, told in said.items() if not told.startswith("every")]
    for label, name in enumerate(data.class_names):
        what = f"image of class {name!r}"
        if text := _lifeless(data, _of(data, every, label), what):
            found.append(text)
            continue
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
