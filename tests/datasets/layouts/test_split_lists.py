"""Lists give the splits that a layout lacks; none is made up instead."""

from __future__ import annotations

import pytest

from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.records import DataError, SplitError
from tests.datasets.layouts.trees import (
    PARTS,
    TWO,
    ck_plus,
    exp_w,
    in_folders,
    jaffe,
    kdef,
    rafd,
    read,
    table,
    words_in_names,
    write,
)
from tests.datasets.samples import EMOTIONS

IMAGES = in_folders(TWO, count=3)
SPLITS = {name: ("train", "validation", "test")[int(name[-5])] for name in IMAGES}


def lines(split: str, line: str = "{}\n", images=IMAGES) -> str:
    return "".join(line.format(name) for name in images if SPLITS[name] == split)


def lists(name: str = "{}.txt", line: str = "{}\n", first: str = "") -> dict[str, str | bytes]:
    words = {"train": "train", "validation": "val", "test": "test"}
    return {name.format(word): first + lines(split, line) for split, word in words.items()}


@pytest.mark.parametrize(
    "others",
    [
        lists(),
        lists("lists/{}_list.lst", "faces/{} 3\n"),
        lists("{}.csv", "{}\n", "path\n"),
        lists("{}.lst", "7\t0\t{}\n"),
        lists("{}.csv", '7,"x"\n') | lists("{}.txt", "./{},7\n"),
        {"metadata.csv": table([("file_name", "split"), *SPLITS.items()])},
        {"a.csv": table([("path", "label", "split"), *((n, n[0], s) for n, s in SPLITS.items())])},
    ],
    ids=range(7),
)
def test_lists_give_class_folders_their_splits(others, tmp_path) -> None:
    found = read(write(tmp_path, IMAGES, others))
    assert {entry.path: entry.split for entry in found.entries} == SPLITS
    assert found.class_names == TWO


@pytest.mark.parametrize("make", [ck_plus, kdef, jaffe, rafd, words_in_names, exp_w])
@pytest.mark.parametrize("headed", [True, False])
def test_lists_give_every_layout_its_splits(make, headed, tmp_path) -> None:
    root = make(tmp_path)
    images = sorted({entry.name for entry in read(root).entries})
    splits = {name: ("train", "test")[name == images[-1]] for name in images}
    others: dict[str, str | bytes] = {"set.csv": table([("image", "set"), *splits.items()])}
    if not headed:
        others = {f"{s}.txt": "".join(f"{n}\n" for n in images if splits[n] == s) for s in PARTS}
    found = read(write(root, [], others))
    assert {entry.name: entry.split for entry in found.entries} == splits


def test_labels_of_a_table_and_splits_of_lists_go_together(tmp_path) -> None:
    images = [name.replace("/", "") for name in IMAGES]
    rows = [("image", "label"), *((name, name.rstrip("012.png")) for name in images)]
    parts = {s: "".join(f"{n}\n" for n in images if (n[-5] == "2") == (s == "test")) for s in PARTS}
    others = {f"{split}.txt": content for split, content in parts.items()}
    found = read(write(tmp_path, images, {"labels.csv": table(rows), **others}))
    assert {e.path: e.split for e in found.entries} == {
        name: "test" if name[-5] == "2" else "train" for name in images
    }


def test_an_image_that_no_list_names_is_left_out_and_a_lost_line_told(tmp_path) -> None:
    others = lists() | {"test.txt": lines("test") + "happy/9.png\n"}
    found = read(write(tmp_path, [*IMAGES, "sad/7.png"], others))
    assert [(one.path, one.reason) for one in found.left_out] == [
        ("sad/7.png", "no line of test.txt, train.txt, val.txt names it")
    ]
    assert "lines that name no image here: 1; first: test.txt:3 (happy/9.png)" in found.notes


NAMED = table([("path", "split"), ("x/0.jpg", "train"), ("x/1.jpg", "test")])


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (lists() | {"test.txt": ""}, "test.txt: is named as the test split and lists no images"),
        (lists() | {"test.txt": "a.jpg\n"}, r"test.txt:1: none of the test lines .*first: a.jpg"),
        ({"train.txt": "a.jpg\n", "test.txt": "b.jpg\n"}, "none of the test lines names an image"),
        ({"splits.csv": NAMED}, r"splits.csv:2: none of the train lines .*first: x/0.jpg"),
        ({"test.txt": lines("test")}, "test images are given and none for training"),
        ({"test_list.txt": lines("test")}, "test images are given and none for training"),
        (lists("fold1/{}.txt") | {"fold2/train.txt": lines("test")}, "remove one of the lines"),
        (
            {"a.csv": table([("path", "split"), ("happy/0.png", "train"), ("sad/0.png", "")])},
            "a.csv: some rows have a split and some none",
        ),
        (
            {"a.csv": table([("path", "split"), ("happy/0.png", "train")])},
            r"one class, happy; two are needed; left out: 5 unused \(no line of a.csv names it\)",
        ),
    ],
    ids=range(9),
)
def test_a_split_that_lists_give_and_cannot_be_taken_is_refused(others, message, tmp_path) -> None:
    with pytest.raises(DataError, match=message) as refused:
        read(write(tmp_path, IMAGES, others))
    assert "\n" not in str(refused.value)


def test_texts_that_are_named_by_splits_and_list_no_images_give_none(tmp_path) -> None:
    others: dict[str, str | bytes] = {"train.txt": "loss 0.3\n", "test.txt": "loss 0.5\n"}
    assert {entry.split for entry in read(write(tmp_path, IMAGES, others)).entries} == {""}


def test_each_class_may_have_lists_of_its_own(tmp_path) -> None:
    others = {
        f"{word}/{part}.txt": "".join(
            f"{name.split('/')[1]}\n" for name in IMAGES if name.startswith(word) and wanted(name)
        )
        for word in TWO
        for part, wanted in (("train", lambda n: n[-5] != "2"), ("test", lambda n: n[-5] == "2"))
    }
    found = read(write(tmp_path, IMAGES, others))
    assert {e.path: e.split == "test" for e in found.entries} == {n: n[-5] == "2" for n in IMAGES}


def test_an_image_in_two_lists_is_refused(tmp_path) -> None:
    others = lists() | {"test.txt": "happy/2.png\nhappy/0.png\n"}
    with pytest.raises(SplitError, match=r"happy/0.png is in train, but in test in test.txt:2"):
        read(write(tmp_path, IMAGES, others))


def test_lists_are_obeyed_where_the_folders_are_fer2013s(tmp_path) -> None:
    images = in_folders(EMOTIONS, count=2)
    others: dict[str, str | bytes] = {
        f"{split}.txt": "".join(f"{name}\n" for name in images if f"{number}." in name)
        for number, split in enumerate(("train", "test"))
    }
    root = write(tmp_path / "fer", images, others)
    data = open_data_set(fer2013, root, {}, cache=tmp_path / "cache")
    assert {path[-5]: split for path, split in zip(data.paths, data.split, strict=True)} == {
        "0": "train",
        "1": "test",
    }


def test_a_refusal_of_fer2013s_lists_names_the_place(tmp_path) -> None:
    root = write(tmp_path / "fer", in_folders(EMOTIONS), {"splits.csv": NAMED})
    with pytest.raises(SplitError, match=r"fer: splits.csv:2: none of the train lines"):
        fer2013.read(root, {})
