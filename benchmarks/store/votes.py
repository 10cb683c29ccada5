"""The annotators' votes on the test images, ``fer-plus.parquet``; of runs whose data have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.errors import InputError
from benchmarks.store.contents import Contents, contents
from benchmarks.store.files import read_table, write_table
from benchmarks.store.folder import RunFolder
from benchmarks.store.splits import SplitTable
from datasets.reading.fer_plus import COLUMNS


@dataclass(frozen=True, eq=False)
class VotesOnTest:
    """How many annotators voted for what, of each test image in ascending order of rows.

    ``rows``: int64, N. ``counts``: int64, N×10, by `datasets.reading.fer_plus.COLUMNS`.
    """

    rows: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def digest(self) -> str:
        """The SHA-256 of the counts, image by image, as text."""
        lines = (",".join(map(str, counts)) for counts in self.counts.tolist())
        return sha256("\n".join(lines).encode()).hexdigest()


def write_votes(
    folder: RunFolder, votes: Mapping[str, tuple[int, ...]], images: SplitTable
) -> None:
    """Write the votes on the test images of ``images``; nothing where there are no votes.

    ``votes`` is by the images' paths; an image without any has none in each column.
    """
    found = counted_votes(votes, images)
    if found is not None:
        counts = pd.DataFrame(found.counts, columns=COLUMNS)
        write_table(folder.votes, pd.concat([pd.Series(found.rows, name="row"), counts], axis=1))


def counted_votes(votes: Mapping[str, tuple[int, ...]], images: SplitTable) -> VotesOnTest | None:
    """Return the ``votes``, by the images' paths, on the test images of ``images``.

    ``None`` where there are no votes, or no test images.
    """
    test = images.of("test")
    if not votes or not len(test):
        return None
    none = (0,) * len(COLUMNS)
    counts = [votes.get(path, none) for path in test.paths.tolist()]
    return VotesOnTest(test.rows, np.array(counts, np.int64))


def read_votes(
    folder: RunFolder, images: SplitTable, held: Contents | None = None
) -> VotesOnTest | None:
    """Read the votes on the test images of ``images``; ``None`` where the run has none.

    Raises ``InputError`` where the file does not hold or is of other images.
    """
    if not folder.votes.is_file():
        return None
    held = held or contents(folder.path)
    content = held.bytes_of(folder.votes)
    table = read_table(content, folder.votes, ("row", *COLUMNS)).sort_values("row")
    rows = table["row"].to_numpy(np.int64)
    if not np.array_equal(rows, images.of("test").rows):
        raise InputError(f"{folder.votes}: holds other images; remove it and run again")
    return VotesOnTest(rows, table[list(COLUMNS)].to_numpy(np.int64))
