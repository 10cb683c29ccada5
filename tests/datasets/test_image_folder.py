"""Any tree with a folder for each class is read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.cache.decoded import open_data_set
from datasets.cache.packs import splits_table
from datasets.image_folder import image_folder
from datasets.records import DataError, DataSet
from datasets.splits import make_split
from tests.datasets import samples


@pytest.fixture
def load(tmp_path: Path):
    def load(path: Path, **options: object) -> DataSet:
        return open_data_set(image_folder, path, options, cache=tmp_path / "cache")

    return load


@pytest.mark.parametrize("packed", [lambda folder: folder, samples.zipped, samples.tarred])
def test_folder_zip_and_tar_are_the_same_data_set(packed, tmp_path, load):
    folder = samples.write_classes(tmp_path / "mine", {"cat": 3, "dog": 2})
    data = load(packed(folder))
    assert data.digest == load(folder).digest
    assert data.class_names == ("cat", "dog")
    assert data.paths.tolist() == ["cat/0.png", "cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png"]


def test_split_folders_are_taken_over(tmp_path, load):
    for split in ("Train", "valid", "test"):
        samples.write_classes(tmp_path / "mine" / split, {"cat": 1, "dog": 1})
    data = load(tmp_path / "mine")
    assert sorted(data.split.tolist()) == ["test"] * 2 + ["train"] * 2 + ["validation"] * 2


def test_images_of_one_size_keep_it(tmp_path, load):
    data = load(samples.write_classes(tmp_path / "mine", {"a": 2, "b": 2}, size=(30, 50)))
    assert data.image_shape == (30, 50, 1)


def test_an_image_that_is_refused_has_no_say_in_the_size(tmp_path, load):
    folder = samples.write_classes(tmp_path / "mine", {"a": 2, "b": 2}, size=(30, 50))
    Image.fromarray(np.zeros((9, 9), np.float32)).save(folder / "b" / "x.tiff")
    data = load(folder)
    assert data.image_shape == (30, 50, 1)
    assert data.unreadable == ("b/x.tiff",)


def test_images_of_one_size_are_scaled_where_another_is_asked_for(tmp_path, load):
    folder = samples.write_classes(tmp_path / "mine", {"a": 2, "b": 2}, size=(30, 50))
    assert load(folder, image_size=24).image_shape == (24, 24, 1)


def test_names_that_are_no_utf8_are_spelt_out(tmp_path, load):
    folder = samples.write_classes(tmp_path / "mine", {"a": 12, "b": 12})
    (folder / "b" / "0.png").rename(folder / "b" / os.fsdecode(b"caf\xe9.png"))
    data = load(folder)
    assert data.paths[-1] == "b/caf\\udce9.png"
    written = splits_table(data, make_split(data, seed=0)).to_parquet()
    assert b"caf\\udce9.png" in written


def test_images_of_several_sizes_are_cut_to_the_size_asked_for(tmp_path, load):
    folder = samples.write_classes(tmp_path / "mine", {"a": 2}, size=(30, 50))
    samples.write_classes(folder, {"b": 2}, size=(200, 70))
    assert load(folder).image_shape == (96, 96, 1)
    assert load(folder, image_size=32).image_shape == (32, 32, 1)


def test_one_coloured_image_makes_the_data_set_coloured(tmp_path, load):
    folder = samples.write_classes(tmp_path / "mine", {"a": 2, "b": 2})
    coloured = samples.noise(5, channels=3)
    samples.write_image(folder / "b" / "9.png", coloured)
    data = load(folder)
    assert data.image_shape == (48, 48, 3)
    assert (data.images[-1] == coloured).all()


def test_grey_stored_in_three_channels_stays_grey(tmp_path, load):
    grey = samples.noise(5).repeat(3, axis=2)
    for name in "ab":
        samples.write_image(tmp_path / "mine" / name / "0.png", grey)
    assert load(tmp_path / "mine").image_shape == (48, 48, 1)


def test_unreadable_and_stray_files_are_noted(tmp_path, load):
    folder = samples.write_classes(tmp_path / "mine", {"a": 2, "b": 2})
    (folder / "b" / "1.png").write_bytes(b"")
    samples.write_image(folder / "cover.png", samples.noise(7))
    left_out = {(one.path, one.kind, one.reason) for one in load(folder).left_out}
    assert left_out == {
        ("b/1.png", "unreadable", "an empty file"),
        ("cover.png", "unused", "outside the class folders"),
    }


def test_one_class_is_refused(tmp_path, load):
    with pytest.raises(DataError, match="only one class folder, a"):
        load(samples.write_classes(tmp_path / "mine", {"a": 2}))


def test_a_broken_archive_is_refused_in_one_line(tmp_path, load):
    (tmp_path / "mine.tar.gz").write_bytes(b"\x1f\x8b broken")
    with pytest.raises(DataError, match=r"mine\.tar\.gz: cannot be read") as error:
        load(tmp_path / "mine.tar.gz")
    assert "\n" not in str(error.value)
