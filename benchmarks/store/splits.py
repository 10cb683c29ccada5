"""The split of a run, ``splits.parquet``: which images train, validate and test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.store.contents import Contents, contents
from benchmarks.store.files import read_table, write_table
from benchmarks.store.folder import RunFolder
from datasets.cache.digests import rows_digest

COLUMNS = ("row", "image_id", "path", "label", "split")


@dataclass(frozen=True, eq=False)
class SplitTable:
    """Images of a split. ``rows``: int64, N; ``labels``: int64, N; the others are N strings.

    ``splits`` says which part each image is in, and ``paths`` where it came from.
    """

    rows: NDArray[np.int64]
    image_ids: NDArray[np.str_]
    paths: NDArray[np.str_]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> SplitTable:
        """Return the images that are ``chosen``, by a mask (bool, N) or by their places."""
        return SplitTable(
            self.rows[chosen],
            self.image_ids[chosen],
            self.paths[chosen],
            self.labels[chosen],
            self.splits[chosen],
        )

    def of(self, *names: str) -> SplitTable:
        """Return the images of the splits ``names``, one split after the other."""
        places = [np.flatnonzero(self.splits == name) for name in names]
        return self.only(np.concatenate(places))

    def digest(self, class_names: tuple[str, ...]) -> str:
        """Return the digest by which the manifest knows these images, labels and places."""
        columns = (self.splits, self.image_ids, self.labels, self.paths)
        return rows_digest(class_names, zip(*(each.tolist() for each in columns), strict=True))

    @property
    def training(self) -> SplitTable:
        """All images but those of the test set."""
        return self.only(self.splits != "test")

    @property
    def test_shared(self) -> NDArray[np.bool_]:
        """Whether the pixels of each test image also stand in train or validation, bool."""
        return np.isin(self.of("test").image_ids, self.training.image_ids)


def split_table(images: pd.DataFrame) -> SplitTable:
    """Return a table with the columns `COLUMNS`, in ascending order of rows."""
    rows, image_ids, paths, labels, splits = (
        images.sort_values(COLUMNS[0])[name] for name in COLUMNS
    )
    return SplitTable(
        rows.to_numpy(np.int64),
        image_ids.to_numpy(np.str_),
        paths.to_numpy(np.str_),
        labels.to_numpy(np.int64),
        splits.to_numpy(np.str_),
    )


def write_splits(folder: RunFolder, images: SplitTable) -> None:
    """Write ``splits.parquet``."""
    columns = (images.rows, images.image_ids, images.paths, images.labels, images.splits)
    write_table(folder.splits, pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))))


def read_splits(folder: RunFolder, held: Contents | None = None) -> SplitTable:
    """Read ``splits.parquet``; raises ``InputError`` where it does not hold or is missing."""
    held = held or contents(folder.path)
    return split_table(read_table(held.bytes_of(folder.splits), folder.splits, COLUMNS))
