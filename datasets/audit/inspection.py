"""What a data set and its split hold, in a few numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets.cache.packs import splits_table
from datasets.records import SPLIT_NAMES, DataSet, Provenance, Split


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What `inspect` answers.

    ``counts``: images by class (index) and split, with the column and line ``all``.
    ``different_images`` counts images that differ in pixels; ``split_made`` tells whether
    ferbench made a part of the split.
    """

    name: str
    provenance: Provenance
    image_shape: tuple[int, int, int]
    counts: pd.DataFrame
    different_images: int
    split_made: bool
    digest: str
    split_digest: str


def class_counts(data: DataSet, split: Split) -> dict[str, dict[str, int]]:
    """Return split → class → number of images."""
    counts = inspect(data, split).counts.drop(index="all", columns="all")
    return {
        str(name): {str(k): int(n) for k, n in column.items()} for name, column in counts.items()
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
    table = splits_table(data, split)
    counts = pd.crosstab(table["label"], table["split"]).reindex(
        index=range(len(data.class_names)), columns=list(SPLIT_NAMES), fill_value=0
    )
    counts.index = pd.Index(data.class_names, name="class")
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
    )
