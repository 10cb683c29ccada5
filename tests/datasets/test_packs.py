"""Packs hold what workers may see, and the test set apart from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.audit.inspection import inspect
from datasets.cache.packs import open_part, pack, splits_table
from datasets.splits import make_split
from tests.datasets.samples import in_memory


def prepared(test_labels: tuple[int, ...] = (0, 1, 1)):
    labels = [0, 1] * 6 + [1, 0] + list(test_labels)
    split = ["train"] * 12 + ["validation"] * 2 + ["test"] * len(test_labels)
    data = in_memory(labels, split, list(range(len(labels))))
    return data, make_split(data, seed=0)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_parts_hold_the_images_labels_and_rows_of_their_split(tmp_path):
    data, split = prepared()
    packs = pack(data, split, cache=tmp_path)
    for folder, name in ((packs.training, "train"), (packs.sealed, "test")):
        part, rows = open_part(folder, name), getattr(split, name)
        assert (part.images == data.images[rows]).all()
        assert (part.labels == data.labels[rows]).all()
        assert part.rows["image_id"].tolist() == data.image_ids[rows].tolist()
        assert part.rows["label"].tolist() == data.labels[rows].tolist()
    assert open_part(packs.sealed, "test").rows["row"].tolist() == [14, 15, 16]


def test_the_training_pack_holds_no_test_image(tmp_path):
    data, split = prepared()
    packs = pack(data, split, cache=tmp_path)
    with pytest.raises(FileNotFoundError):
        open_part(packs.training, "test")
    known = set().union(
        *(open_part(packs.training, n).rows["path"] for n in ("train", "validation"))
    )
    assert not known & set(data.paths[split.test])


def test_permuting_test_labels_leaves_the_training_pack_untouched(tmp_path):
    one = pack(*prepared((0, 1, 1)), cache=tmp_path)
    other = pack(*prepared((1, 0, 1)), cache=tmp_path / "again")
    assert one.training.name == other.training.name
    assert one.sealed.name != other.sealed.name
    assert contents(one.training) == contents(other.training)


def test_an_intact_pack_is_used_again(tmp_path):
    packs = pack(*prepared(), cache=tmp_path)
    written = (packs.sealed / "test-images.npy").stat().st_mtime_ns
    assert pack(*prepared(), cache=tmp_path) == packs
    assert (packs.sealed / "test-images.npy").stat().st_mtime_ns == written


def test_the_splits_table_numbers_rows_over_train_validation_and_test():
    table = splits_table(*prepared())
    assert list(table.columns) == ["row", "image_id", "path", "label", "split"]
    assert table["row"].tolist() == list(range(17))
    assert table["split"].tolist() == ["train"] * 12 + ["validation"] * 2 + ["test"] * 3


def test_inspect_counts_images_by_class_and_split():
    summary = inspect(*prepared())
    assert summary.counts.loc["all"].tolist() == [12, 2, 3, 17]
    assert summary.counts.loc["class-1"].tolist() == [6, 1, 2, 9]
    assert summary.image_shape == (1, 2, 1)
    assert not summary.split_made
