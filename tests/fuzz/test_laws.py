"""What holds for every tree of images: nothing vanishes and nothing is made up."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from datasets.cache.decoded import open_data_set
from datasets.image_folder import image_folder
from datasets.records import DataError, DataSet
from datasets.splits import make_split
from tests.fuzz.trees import Drawn, archives, draw

DAILY, LONG = range(200), range(1_000, 3_000)


def examples() -> Iterator[ParameterSet]:
    """The seeds of the daily suite, then those of the long one, in blocks."""
    for seeds in (DAILY, LONG):
        for start in range(seeds.start, seeds.stop, 20):
            marks = pytest.mark.slow if seeds is LONG else ()
            yield pytest.param(range(start, start + 20), id=f"seeds-{start}", marks=marks)


def read(path: Path, cache: Path) -> DataSet:
    return open_data_set(image_folder, path, {}, cache=cache)


def names(paths) -> set[str]:
    return {unicodedata.normalize("NFC", PurePosixPath(path).name) for path in paths}


@pytest.mark.parametrize("seeds", tuple(examples()))
def test_whatever_is_given_is_taken_or_told_and_kept_as_it_was_given(seeds, tmp_path) -> None:
    for seed in seeds:
        place = tmp_path / str(seed)
        place.mkdir()
        drawn = draw(place, seed)
        if drawn.trap:
            with pytest.raises(DataError) as refusal:
                make_split(read(drawn.root, place / "cache"), seed=0)
            assert "\n" not in str(refusal.value), f"seed {seed}"
            continue
        data = read(drawn.root, place / "cache")
        nothing_vanishes(drawn, data, seed)
        every_image_is_what_was_drawn(drawn, data, seed)
        no_split_is_made_where_one_was_given(drawn, data, seed)
        for packed in archives(drawn, place, seed):
            digest = read(packed, place / "cache").digest
            assert digest == data.digest, f"seed {seed}: {packed.name} is another data set"


def nothing_vanishes(drawn: Drawn, data: DataSet, seed: int) -> None:
    used, left = names(data.paths), names(one.path for one in data.left_out)
    given = names(drawn.images)
    assert used == names(drawn.readable), f"seed {seed}: {used ^ names(drawn.readable)}"
    assert given <= used | left, f"seed {seed}: {given - used - left} vanished"
    assert not used & left, f"seed {seed}"
    assert all(one.reason for one in data.left_out), f"seed {seed}"


def every_image_is_what_was_drawn(drawn: Drawn, data: DataSet, seed: int) -> None:
    for index, path in enumerate(data.paths):
        found = {unicodedata.normalize("NFC", n): one for n, one in drawn.images.items()}
        one = found[unicodedata.normalize("NFC", PurePosixPath(path).name)]
        assert data.class_names[data.labels[index]] == one.class_name, f"seed {seed}: {path}"
        assert data.split[index] == one.split, f"seed {seed}: {path}"
        if one.pixels is not None:
            assert np.array_equal(data.images[index, ..., 0], one.pixels), f"seed {seed}: {path}"


def no_split_is_made_where_one_was_given(drawn: Drawn, data: DataSet, seed: int) -> None:
    split = make_split(data, seed=0)
    missing = {"train", "validation", "test"} - set(drawn.splits)
    assert split.made == bool(missing), f"seed {seed}"
    for name in drawn.splits:
        rows = getattr(split, name)
        given = {n for n, one in drawn.readable.items() if one.split == name}
        if name != "train":
            assert names(data.paths[rows]) == names(given), f"seed {seed}: {name}"
        else:
            assert names(data.paths[rows]) <= names(given), f"seed {seed}: {name}"
