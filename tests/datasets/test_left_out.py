"""Every file that was given is in the data set, or is told with the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data.prepared import prepare_data
from benchmarks.protocol.schema import DataChoice
from datasets.audit.inspection import inspect, lifeless
from datasets.cache.decoded import open_data_set
from datasets.image_folder import image_folder
from datasets.left_out import grouped, told
from datasets.records import DataError, DataSet, LeftOut
from datasets.splits import make_split
from tests.datasets import samples


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return samples.write_classes(tmp_path / "mine", {"a": 30, "b": 30, "c": 30})


@pytest.fixture
def load(tmp_path: Path):
    def load(path: Path, **settings: object) -> DataSet:
        return open_data_set(image_folder, path, {}, cache=tmp_path / "cache", **settings)

    return load


def test_images_in_are_images_told(folder, load):
    (folder / "a" / "0.png").write_bytes(b"<html>")
    (folder / "a" / "notes.txt").write_text("notes")
    (folder / "b" / "1.png").rename(folder / "b" / "picture")
    (folder / "b" / "2.png").rename(folder / "b" / ".2.png")
    (folder / "c" / "gone.png").symlink_to("nowhere")
    (folder / "c" / "Thumbs.db").write_bytes(b"")
    (folder / "c" / "._1.png").write_bytes(b"\x00\x05\x16\x07")
    data = load(folder)
    assert "b/picture" in data.paths
    assert {(one.path, one.kind) for one in data.left_out} == {
        ("a/0.png", "unreadable"),
        ("a/notes.txt", "no image"),
        ("b/.2.png", "unused"),
        ("c/gone.png", "unreadable"),
    }
    assert len(data.labels) + len(data.left_out) == 90 + 2


def test_a_link_to_another_classs_folder_gives_its_images_both_classes(folder, load, tmp_path):
    (folder / "b" / "more").symlink_to("../a")
    shutil.copytree(folder, tmp_path / "copied" / "mine")
    data = load(folder)
    assert [int((data.labels == label).sum()) for label in range(3)] == [30, 60, 30]
    assert data.digest == load(tmp_path / "copied" / "mine").digest


def test_files_are_counted_by_folder_and_reason():
    some = [
        LeftOut(path=f"a/{n}.png", kind="unreadable", reason="truncated") for n in (10, 9, 11)
    ] + [LeftOut(path="notes.txt", kind="no image", reason="not an image")]
    assert list(told(grouped(some))) == [
        "left out: 4 files (3 unreadable, 1 no image)",
        "a: 3 unreadable (truncated); first: a/9.png",
        ".: 1 no image (not an image); first: notes.txt",
    ]


def test_too_many_unreadable_images_are_a_refusal_that_says_why(folder, load):
    (folder / "a" / "0.png").write_bytes(b"<html>")
    assert len(load(folder).labels) == len(load(folder, unreadable=0.05).labels) == 89
    with pytest.raises(DataError, match=r"1 of 30 images of class 'a' cannot be read.*a/0\.png"):
        load(folder, unreadable=0.01)


def test_every_class_beyond_the_limit_counts_and_is_told_where_nothing_is_refused(folder, load):
    for name in ("a/0.png", "b/0.png", "b/1.png"):
        (folder / name).write_bytes(b"<html>")
    data = load(folder)
    (said,) = (line for line in inspect(data, make_split(data, seed=0)).remarks if "allows" in line)
    assert said.startswith(
        "1 of 30 images of class 'a' cannot be read, more than the share 0.01 that a run allows "
        "(and of 2 other parts): "
    )
    assert said.endswith("say unreadable = 0.07 in a protocol's [data]")


def test_too_few_images_say_first_what_was_left_out(folder, load):
    for number in range(25):
        (folder / "a" / f"{number}.png").write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"left out: 25 unreadable \(a web page") as error:
        make_split(load(folder), seed=0)
    assert "add images" not in str(error.value)


def test_a_protocol_refuses_too_many_and_may_allow_them(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    (folder / "a" / "0.png").write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"say unreadable = 0\.04 in a protocol's"):
        prepare_data(DataChoice(set="image-folder"), folder, seed=0)
    allowed = DataChoice(set="image-folder", unreadable=0.05)
    assert prepare_data(allowed, folder, seed=0).data.unreadable == ("a/0.png",)


def test_identical_images_are_said_where_a_class_has_too_few(folder, load):
    for number in range(30):
        samples.write_image(folder / "a" / f"{number}.png", samples.noise(7))
    with pytest.raises(DataError, match=r"1 different images .*too few.*30 in all.*add images"):
        make_split(load(folder), seed=0)


def test_no_readable_image_says_why(tmp_path, load):
    for name in "ab":
        (tmp_path / "x" / name).mkdir(parents=True)
        (tmp_path / "x" / name / "1.png").write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"not one readable image in it; left out: 2 unreadable"):
        load(tmp_path / "x")


def test_some_classes_are_taken_in_the_order_given(folder, load):
    whole, part = load(folder), load(folder, classes=("C", "a"))
    assert part.class_names == ("c", "a")
    assert part.digest != whole.digest != load(folder, classes=("a", "c")).digest
    assert sorted(part.paths) == sorted(p for p in whole.paths if p[0] in "ac")
    assert (part.labels == np.array([p[0] == "a" for p in part.paths])).all()
    assert {one.reason for one in part.left_out} == {"its class is not among data.classes"}
    assert len(part.left_out) == 30


def test_classes_are_chosen_by_the_fields_synonyms(tmp_path, load):
    for name in ("anger", "happy", "sad"):
        samples.write_image(tmp_path / "x" / name / "1.png", samples.noise(len(name)))
    assert load(tmp_path / "x", classes=("Joy", "angry")).class_names == ("happy", "anger")


@pytest.mark.parametrize("classes", [("a", "d"), ("a", "A"), ("a",)])
def test_classes_that_cannot_be_chosen_are_refused(classes, folder, load):
    with pytest.raises(DataError, match=r"data\.classes"):
        load(folder, classes=classes)


def test_a_blank_class_is_told_before_anything_trains(folder, load):
    for number in range(30):
        level = np.full((48, 48, 1), number, np.uint8)
        samples.write_image(folder / "b" / f"{number}.png", level)
    data = load(folder)
    split = make_split(data, seed=0)
    assert lifeless(data, split) == ("every image of class 'b' is blank, or nearly so (30)",)
    assert lifeless(data, split)[0] in inspect(data, split).remarks


def test_a_class_that_is_mostly_blank_or_one_picture_is_told(folder, load):
    picture = samples.noise(5)
    for number in range(20):
        samples.write_image(folder / "b" / f"{number}.png", np.full((48, 48, 1), number, np.uint8))
    for number in range(30):
        alike = np.clip(picture.astype(int) + samples.noise(number) % 4, 0, 255)
        samples.write_image(folder / "c" / f"{number}.png", alike.astype(np.uint8))
    data = load(folder)
    assert lifeless(data, make_split(data, seed=0)) == (
        "20 of 30 images of class 'b' are blank, or nearly so",
        "every image of class 'c' is nearly the same picture (30)",
    )
