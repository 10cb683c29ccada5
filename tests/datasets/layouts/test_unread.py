"""Forms that are not read are refused by their name, with what to do about them."""

from __future__ import annotations

import pytest

from datasets.fer2013 import fer2013
from datasets.records import DataError
from tests.datasets.layouts.trees import in_folders, read, write

FLAT = in_folders(["faces"], count=4)
PARTED = in_folders(["train", "test"])
PACKED = "none of its 1 images is here; .*a/aligned.zip is an archive .*unpack it"
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
        (
            FLAT,
            {"a.csv": "path,label\nx/0.jpg,1\n"},
            "a.csv is a table of labels and none of its 1",
        ),
        (
            FLAT,
            {"a.csv": "path,label\n0.png,1\n"},
            "a.csv is a table of labels and names 1 of the 4",
        ),
        (["a/1.png"], {"a/list_patition_label.txt": "train_1.jpg 5", "a/aligned.zip": "x"}, PACKED),
        (PARTED, ["test/metadata.jsonl"], "no class folders; .*metadata.jsonl is a list of labels"),
        (
            PARTED,
            {"_c.csv": "file,happy,sad\n0.png,0,1\n"},
            "no class folders; .*_c.csv has 'file'",
        ),
        (in_folders(["S005", "S010"]), ["labels.xlsx"], "are persons, .*labels.xlsx is a spreads"),
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


@pytest.mark.parametrize(
    ("folders", "others", "note"),
    [
        (
            ["batch1", "batch2"],
            {"labels.xlsx": "x"},
            "not read: labels.xlsx is a spreadsheet",
        ),
        (["happy", "sad"], {"split.json": "x"}, "not read: split.json is a list of labels in JSON"),
        (
            ["batch1", "batch2"],
            {"a.csv": "path,label\nhttps://x.org/0.png?1,sad\n"},
            "a.csv is a table of labels and none of its 1 rows names an image here (first: "
            "'https://x.org/0.png?1'); class folders decide",
        ),
    ],
)
def test_labels_that_are_not_read_are_told_beside_class_folders(
    folders, others, note, tmp_path
) -> None:
    (told,) = read(write(tmp_path, in_folders(folders), others)).notes
    assert told.startswith(note)


def test_labels_beside_folders_that_tell_classes_and_splits_are_not_told_of(tmp_path) -> None:
    images = in_folders(["train", "test"], ["happy", "sad"])
    assert read(write(tmp_path, images, {"results.json": "x"})).notes == ()


def test_fer2013_packed_twice_is_named(tmp_path) -> None:
    root = write(tmp_path, [], {"fer2013.tar.gz": "x"})
    with pytest.raises(DataError, match=r"no FER2013 in it; fer2013.tar.gz is an archive .*unpack"):
        fer2013.read(root, {})


def test_an_empty_folder_is_empty(tmp_path) -> None:
    with pytest.raises(DataError, match="no images in it; it is empty; expected a folder for each"):
        read(tmp_path)
