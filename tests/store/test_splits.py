"""The table of a split: its parts, its digests, and what stands on both sides of the test set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import InputError
from benchmarks.store.folder import RunFolder
from benchmarks.store.splits import SplitTable, read_splits, write_splits

NAMES = ("angry", "happy")
TABLE = SplitTable(
    rows=np.arange(5),
    image_ids=np.array(["aa", "bb", "cc", "aa", "dd"]),
    paths=np.array([f"Ä/{row}.png" for row in range(5)]),
    labels=np.array([0, 1, 0, 0, 1]),
    splits=np.array(["train", "validation", "train", "test", "test"]),
)


def test_it_is_read_as_it_was_written_in_order_of_rows(tmp_path: Path) -> None:
    write_splits(RunFolder(tmp_path), TABLE.only(np.array([3, 0, 4, 2, 1])))
    stored = read_splits(RunFolder(tmp_path))
    for name in ("rows", "image_ids", "paths", "labels", "splits"):
        assert getattr(stored, name).tolist() == getattr(TABLE, name).tolist()


def test_parts_come_one_after_the_other() -> None:
    assert TABLE.of("test", "validation").rows.tolist() == [3, 4, 1]
    assert TABLE.training.rows.tolist() == [0, 1, 2]
    assert len(TABLE.of("test")) == 2


def test_a_test_image_that_is_trained_on_is_told() -> None:
    assert TABLE.test_shared.tolist() == [True, False]


def test_its_digest_tells_every_image_label_and_place() -> None:
    for place in ("image_ids", "paths", "labels", "splits"):
        column = getattr(TABLE, place)
        changed = {place: np.roll(column, 1)}
        others = {n: getattr(TABLE, n) for n in ("rows", "image_ids", "paths", "labels", "splits")}
        assert SplitTable(**{**others, **changed}).digest(NAMES) != TABLE.digest(NAMES)


def test_a_damaged_one_is_refused(tmp_path: Path) -> None:
    RunFolder(tmp_path).splits.write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"splits.parquet: has no digest"):
        read_splits(RunFolder(tmp_path))
