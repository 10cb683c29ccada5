"""Images belong together by subject, by their pixels and by what verification found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.audit.examination import examine
from datasets.audit.groups import groups
from datasets.audit.numbering import gaps
from datasets.cache.decoded import open_data_set
from datasets.image_folder import image_folder
from datasets.reading.subjects import subjects
from tests.datasets import samples


def ck(folder: Path) -> Path:
    """Ten subjects with three frames each; the first frame of S002 is also one of S003's."""
    for person in range(10):
        for frame in range(3):
            seed = 3 if (person, frame) == (3, 0) else 100 * person + frame
            seed = 3 if (person, frame) == (2, 0) else seed
            name = f"S{person:03}_001_{frame:08}.png"
            label = ("happy", "sad")[person % 2]
            samples.write_image(folder / label / name, samples.noise(seed))
    return folder


def test_a_subject_is_one_group_and_a_shared_picture_joins_two(tmp_path):
    data = open_data_set(image_folder, ck(tmp_path / "ck"), {}, cache=tmp_path)
    found = groups(data, examine(data, cache=tmp_path))
    of = dict(zip((Path(path).stem[:4] for path in data.paths), found.tolist(), strict=True))
    assert len(set(found.tolist())) == 9
    assert of["S002"] == of["S003"] != of["S004"]


def test_near_duplicates_are_one_group(tmp_path):
    data = open_data_set(image_folder, ck(tmp_path / "ck"), {}, cache=tmp_path)
    examination = examine(data, cache=tmp_path)
    rows = [next(i for i, p in enumerate(data.paths) if s in p) for s in ("S000", "S009")]
    pairs = replace(
        examination.pairs,
        one=np.array(rows[:1]),
        other=np.array(rows[1:]),
        correlation=np.array([0.9]),
        mirrored=np.array([False]),
    )
    found = groups(data, replace(examination, pairs=pairs))
    assert found[rows[0]] == found[rows[1]]


@pytest.mark.parametrize(
    ("paths", "naming", "who"),
    [
        (["a/S005_001_00000011.png", "b/S010_004_00000017.png"], "CK+", ["S005", "S010"]),
        (["KA.AN1.39.tiff", "KL.SU3.164.tiff"], "JAFFE", ["KA", "KL"]),
        (["AF01ANFL.JPG", "BM23SUHR.JPG"], "KDEF", ["F01", "M23"]),
        (["subject01.happy.png", "subject12.sad.png"], "subject prefix", ["01", "12"]),
    ],
)
def test_subjects_are_read_from_the_names_of_known_data_sets(paths, naming, who):
    found = subjects(paths)
    assert found is not None
    assert (found.naming, found.of.tolist()) == (naming, who)


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["train/happy/Training_1.png", "train/sad/Training_2.png"],
        ["S001_001_00000001.png", "S001_001_00000002.png"],
        ["S001_001_00000001.png", "holiday.png", "S002_001_00000001.png"],
        ["subjective.png", "person.png"],
    ],
)
def test_other_names_name_no_subjects(paths):
    assert subjects(paths) is None


SPLIT_AGAIN = ("train/a", "test/a", "train/a", "test/b", "train/b", "test/b")


@pytest.mark.parametrize(
    ("names", "missing", "there"),
    [
        (["a/0.png", "a/1.png", "b/0.png", "b/2.png", "b/3.png"], 1, 5),
        (["a/train_1.png", "b/train_2.png", "b/train_3.png"], 0, 3),
        (["a/train_1.png", "b/train_2.png", "b/train_4.png"], 1, 3),
        (["Training_10118481.jpg", "Training_99.jpg"], 0, 0),
        (["S010_004_00000017.png", "S010_004_00000019.png"], 0, 0),
        (["a.png", "fer2013.csv:2"], 0, 0),
        (["train/a/0.png", "test/a/1.png", "train/a/2.png", "train/b/0.png", "val/b/1.png"], 0, 5),
        (["train/a/0.png", "train/b/1.png", "test/a/0.png", "test/b/1.png"], 0, 4),
        ([f"x/{s}/{n}.png" for s, n in zip(SPLIT_AGAIN, (1, 2, 4, 1, 2, 4), strict=True)], 2, 6),
        ([], 0, 0),
    ],
)
def test_gaps_in_running_numbers_are_counted(names, missing, there):
    assert gaps(names) == (missing, there)


def test_numbers_of_a_class_run_through_splits_that_share_a_few_images():
    names = [f"{('train', 'train', 'test')[n % 3]}/{c}/{n}.png" for c in "ab" for n in range(300)]
    leaked = [name.replace("test/", "train/") for name in names if "test/" in name][:10]
    assert gaps([*names, *leaked]) == (0, 600)
    lost = [name for name in names if not name.endswith(("/47.png", "/100.png"))]
    assert gaps([*lost, *leaked]) == (4, 596)
