"""Every layout is documented, has a tree here, and its images, labels, splits and subjects."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.cache.decoded import open_data_set
from datasets.image_folder import image_folder
from datasets.reading.layouts.layout import LayoutSpec
from datasets.reading.layouts.table import LAYOUTS
from datasets.reading.words import EXPRESSIONS, SPLITS
from datasets.splits import make_split
from tests.datasets.layouts.trees import TREES, TWO, read, told, write
from tests.datasets.samples import tarred, zipped

PAGE = Path(__file__).parents[3] / "docs" / "layouts.md"

TOLD = {
    "RAF-DB": {
        "train_00000_aligned.jpg": ("train", "happy", ""),
        "test_00003_aligned.jpg": ("test", "sad", ""),
    },
    "ExpW": {"a_0.jpg#0": ("", "happy", ""), "a_1.jpg#1": ("", "sad", "")},
    "AffectNet": {
        "0/0.jpg": ("train", "neutral", ""),
        "1/1.jpg": ("train", "happy", ""),
        "91/91.jpg": ("validation", "happy", ""),
    },
    "AffectNet arrays": {
        "train_set/images/1.jpg": ("train", "happy", ""),
        "val_set/images/2.jpg": ("validation", "neutral", ""),
    },
    "FER+": {
        "FER2013Train/fer0.png": ("train", "neutral", ""),
        "FER2013Valid/fer1.png": ("validation", "happy", ""),
        "FER2013Test/fer1.png": ("test", "happy", ""),
    },
    "CK+": {
        "S005/001/S005_001_00000003.png": ("", "disgust", "S005"),
        "S010/001/S010_001_00000005.png": ("", "happy", "S010"),
    },
    "KDEF": {
        "AF01/AF01AFS.JPG": ("", "fear", "F01"),
        "BF01/BF01HAHL.JPG": ("", "happy", "F01"),
        "BM35/BM35AFHL.JPG": ("", "fear", "M35"),
    },
    "JAFFE": {"KA.AN1.31.tiff": ("", "angry", "KA"), "KL.FE2.32.tiff": ("", "fear", "KL")},
    "RaFD": {
        "Rafd090_01_Caucasian_female_angry_frontal.jpg": ("", "angry", "01"),
        "Rafd090_02_Caucasian_female_contemptuous_left.jpg": ("", "contempt", "02"),
    },
    "table of labels": {
        "0.png": ("train", "happy", "p0"),
        "3.png": ("validation", "sad", "p3"),
        "5.png": ("test", "sad", "p5"),
    },
    "words in names": {"happy_0.png": ("", "happy", ""), "sad_1.png": ("", "sad", "")},
    "class folders": {
        "train/happy/0.png": ("train", "happy", ""),
        "test/sad/1.png": ("test", "sad", ""),
    },
}
"""Some paths of each tree, with split, class and subject."""
COUNTS = {
    "RAF-DB": 8,
    "ExpW": 8,
    "AffectNet": 4,
    "AffectNet arrays": 8,
    "FER+": 6,
    "CK+": 6,
    "KDEF": 16,
    "JAFFE": 8,
    "RaFD": 8,
    "table of labels": 6,
    "words in names": 4,
    "class folders": 8,
}


def test_every_layout_has_a_tree_here() -> None:
    names = [spec.name for spec in LAYOUTS]
    assert set(names) == set(TREES) == set(TOLD) == set(COUNTS)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", TREES)
def test_images_labels_splits_and_subjects_are_those_of_the_layout(name, tmp_path) -> None:
    found = read(TREES[name](tmp_path / "tree"))
    assert found.name == name
    assert len(found.entries) == COUNTS[name]
    assert TOLD[name].items() <= told(found).items()


@pytest.mark.parametrize("name", TREES)
def test_a_folder_and_its_archives_are_one_data_set(name, tmp_path) -> None:
    folder = TREES[name](tmp_path / "tree")
    digests = {
        open_data_set(image_folder, place, {}, cache=tmp_path / "cache").digest
        for place in (folder, zipped(folder), tarred(folder))
    }
    assert len(digests) == 1


@pytest.mark.parametrize("name", ["RAF-DB", "FER+", "class folders", "table of labels"])
def test_a_test_set_that_is_given_is_the_test_set(name, tmp_path) -> None:
    folder = TREES[name](tmp_path / "tree")
    data = open_data_set(image_folder, folder, {}, cache=tmp_path / "cache")
    given = {path for path, (split, _, _) in told(read(folder)).items() if split == "test"}
    if name in ("FER+", "table of labels"):
        made = make_split(data, seed=0)
        assert not made.made
        assert set(data.paths[made.test]) == given
    assert set(data.paths[data.split == "test"]) == given


def row(spec: LayoutSpec) -> str:
    example = "<br>".join(f"`{line}`" for line in spec.example)
    cells = (spec.name, example, spec.images, spec.labels, spec.splits, spec.subjects)
    return f"| {' | '.join(cells)} |"


def test_the_documentation_has_a_row_for_each_layout() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if "<br>" in line]
    assert rows == [row(spec) for spec in LAYOUTS]


def test_the_documentation_has_the_words() -> None:
    text = PAGE.read_text("utf-8")
    assert not [word for word in (*SPLITS, *EXPRESSIONS) if f"`{word}`" not in text]


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        ([f"{part}/{word}_1.png" for part in ("x1", "x2") for word in TWO], "words in names"),
        ([f"{part}/{word}_1.png" for part in TWO for word in TWO], "class folders"),
        (["cat/happy_1.png", "cat/happy_2.png", "dog/sad_1.png"], "class folders"),
    ],
)
def test_folders_that_hold_several_expressions_and_are_called_by_none_are_no_classes(
    names, layout, tmp_path
) -> None:
    assert read(write(tmp_path, names)).name == layout
