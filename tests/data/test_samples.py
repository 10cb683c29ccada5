"""A sample is of the training split alone, the same each time, with groups in one fold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data.prepared import PreparedData
from benchmarks.data.samples import FOLDS, clustered_error, open_sample, take_sample
from datasets.cache.packs import Packs
from datasets.records import DataError, DataSet
from datasets.splits import make_split
from tests.datasets.samples import in_memory


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def prepared(data: DataSet) -> PreparedData:
    return PreparedData(data, make_split(data, seed=0), Packs(Path(), Path()), None)


def copied(copies: int = 2) -> DataSet:
    """A hundred training pictures of two classes, each ``copies`` times, and some others."""
    pictures = [*np.repeat(np.arange(100), copies), *range(100, 120)]
    split = ["train"] * 100 * copies + ["validation"] * 10 + ["test"] * 10
    return in_memory([int(p) % 2 for p in pictures], split, [int(p) for p in pictures])


def test_no_image_of_validation_or_test_is_in_it() -> None:
    data = copied(copies=1)
    sample = open_sample(take_sample(prepared(data), 1000))
    drawn = {image.tobytes() for image in sample.images}
    assert drawn == {image.tobytes() for image in data.images[data.split == "train"]}


def test_each_class_has_its_share() -> None:
    labels = [0] * 60 + [1] * 30 + [2] * 10
    split = ["train"] * 100 + ["validation", "test"]
    data = in_memory([*labels, 0, 0], split, list(range(102)))
    sample = open_sample(take_sample(prepared(data), 50))
    assert np.bincount(sample.labels).tolist() == [30, 15, 5]


def test_copies_are_in_one_fold_and_one_group() -> None:
    sample = open_sample(take_sample(prepared(copied()), 1000))
    assert len(sample.labels) == 200, "there are no more"
    assert len(np.unique(sample.groups)) == 100
    for group in np.unique(sample.groups):
        members = sample.groups == group
        assert len(np.unique(sample.folds[members])) == 1
        assert len({image.tobytes() for image in sample.images[members]}) == 1
    assert len(np.unique(sample.folds)) == FOLDS


def test_images_of_one_subject_are_in_one_fold() -> None:
    data = copied(copies=1)
    subjects = np.array([f"s{row % 20}" for row in range(len(data.labels))])
    sample = open_sample(take_sample(prepared(replace(data, subjects=subjects)), 1000))
    assert len(np.unique(sample.groups)) == 20
    assert len({tuple(pair) for pair in zip(sample.groups, sample.folds, strict=True)}) == 20


def test_the_same_images_are_drawn_whatever_the_order_of_the_files() -> None:
    data = copied(copies=1)
    turned = np.arange(len(data.labels))[::-1]
    other = replace(
        data,
        **{
            n: getattr(data, n)[turned] for n in ("images", "labels", "image_ids", "paths", "split")
        },
    )
    one, again = (open_sample(take_sample(prepared(each), 40)) for each in (data, other))
    drawn = [{image.tobytes() for image in sample.images} for sample in (one, again)]
    assert drawn[0] == drawn[1]
    assert take_sample(prepared(data), 40) == take_sample(prepared(data), 40)


def test_too_few_images_are_told() -> None:
    split = ["train"] * 6 + ["validation", "test"]
    data = in_memory([0] * 4 + [1] * 4, split, [1] * 6 + [2, 3])
    with pytest.raises(DataError, match="too few to be cross-validated"):
        take_sample(prepared(data), 100)


def test_copies_make_no_mean_surer() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, 300).astype(float)
    alone = clustered_error(values, np.arange(300))
    assert alone == pytest.approx(values.std(ddof=1) / np.sqrt(300))
    copies = clustered_error(np.repeat(values, 4), np.repeat(np.arange(300), 4))
    assert copies == pytest.approx(alone)
