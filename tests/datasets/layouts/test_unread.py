"""Forms that are not read are refused by their name, with what to do about them."""

from __future__ import annotations

import pytest

from datasets.fer2013 import fer2013
from datasets.records import DataError
from tests.datasets.layouts.trees import in_folders, read, write

FLAT = in_folders(["faces"], count=4)
ROWS = "".join(f"faces/{number}.png {number % 2}\n" for number in range(4))
BOXES = {f"labels/{number}.txt": "0 .5 .5 1 1\n" for number in range(4)}


@pytest.mark.parametrize(
    ("images", "others", "message"),
    [
        ([], ["a/KDEF.zip"], "a/KDEF.zip is an archive inside what was given.*: unpack it"),
        ([], ["train.tar.gz", "test.tar.gz"], r"test.tar.gz \(1 of 2\) is an archive"),
        ([], ["data/train-0.parquet", "README.md"], "is a table in columns: write its images"),
        ([], ["happy/0.npy", "sad/0.npy"], "is a file of arrays: write its images into a folder"),
        ([], ["happy/0.MP4"], "is a film: take single images"),
        ([], {"faces.csv": "emotion,image\n0,1 2\n"}, r"csv \('emotion', 'image'\) is a table of"),
        ([], {"faces.csv": "emotion,pixel0\n0,1\n"}, "faces.csv has 'emotion', 'pixel0' in its"),
        (FLAT, ["labels.xlsx"], "labels.xlsx is a spreadsheet: save it as labels.csv"),
        (FLAT, ["labels.json"], "labels.json is a list of labels in JSON: write labels.csv"),
        (FLAT, {"labels.csv": "0.png,sad\n1.png,happy\n"}, "labels.csv has '0.png', 'sad' in its"),
        (FLAT, {"train.txt": ROWS}, "train.txt is a list of images whose first line heads no"),
        (FLAT, BOXES, "labels/0.txt and 3 more go with the images one by one: write labels.csv"),
    ],
)
def test_a_form_that_is_not_read_is_named(images, others, message, tmp_path) -> None:
    root = write(tmp_path, images, dict.fromkeys(others, "x"))
    write(root, [], others if isinstance(others, dict) else {})
    with pytest.raises(DataError, match=message) as refused:
        read(root)
    assert "\n" not in str(refused.value)
    assert images or "nearest layouts" not in str(refused.value)


def test_fer2013_packed_twice_is_named(tmp_path) -> None:
    root = write(tmp_path, [], {"fer2013.tar.gz": "x"})
    with pytest.raises(DataError, match=r"no FER2013 in it; fer2013.tar.gz is an archive .*unpack"):
        fer2013.read(root, {})


def test_an_empty_folder_is_empty(tmp_path) -> None:
    with pytest.raises(DataError, match="no images in it; it is empty; expected a folder for each"):
        read(tmp_path)
