"""FER2013 in folders: its split is told by pixels, by names, or by the folders, in this order."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.reading.fer2013_classes import labels_of_folders
from datasets.reading.fer2013_official import CLASS_NAMES, Comparison
from datasets.reading.fer2013_recovery import told_evaluation_images, with_official_split
from datasets.reading.layouts.layout import Entry, Layout
from datasets.reading.recognition import look, recognise
from datasets.reading.words import CONTEMPT, EXPRESSIONS
from datasets.records import DataError, DataSet, SplitError
from datasets.registry import Sample, discover
from tests.datasets import samples

USAGES = ("Training", "PublicTest", "PrivateTest")


@pytest.fixture
def load(tmp_path: Path):
    def load(path: Path) -> DataSet:
        return open_data_set(fer2013, path, {}, cache=tmp_path / "cache")

    return load


def written(folder: Path, place, images=None) -> Path:
    """Write images where ``place(usage, emotion, number)`` says; ``None`` leaves one out."""
    for key, image in (images or samples.fer2013_images()).items():
        if name := place(*key):
            samples.write_image(folder / name, image)
    return folder


@pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
def test_folders_named_by_usage_are_the_official_split(spelling, tmp_path, load):
    data = load(written(tmp_path / "fer", lambda u, e, n: f"{spelling(u)}/{e}/{n}.png"))
    assert Counter(data.split.tolist()) == {"train": 14, "validation": 14, "test": 14}
    assert data.provenance.status == "altered"
    told = data.provenance.notes[0]
    assert told.startswith("train has 14 images, the official split has 28,709 (angry 2 of 3,995")


def test_the_folders_own_split_wins_over_names_that_tell_another(tmp_path, load):
    def place(usage: str, emotion: str, number: int) -> str:
        return f"{('train', 'test')[number]}/{emotion}/{usage}_{number}.png"

    data = load(written(tmp_path / "fer", place))
    assert Counter(data.split.tolist()) == {"train": 21, "test": 21}
    assert data.provenance.status == "unofficial"
    assert "Training_: 7 in test, 7 in train" in data.provenance.notes[0]


def without_public_fear(usage: str, emotion: str, number: int) -> str:
    left_out = (usage, emotion) == ("PublicTest", "fear")
    return "" if left_out else f"{emotion}/{usage}_{number}.png"


def test_names_that_leave_a_class_without_validation_images_are_refused(tmp_path, load):
    folder = written(tmp_path / "fer", without_public_fear)
    with pytest.raises(DataError, match="by the file names validation has no image of fear; add"):
        load(folder)


def test_a_split_that_names_give_in_part_is_made_up_by_no_other_reading(tmp_path):
    folder = written(tmp_path / "fer", without_public_fear)
    with pytest.raises(SplitError, match="by the file names validation has no image of fear"):
        recognise(folder, look(folder), discover())


def test_a_split_that_no_name_gives_is_left_open(tmp_path, load):
    folder = written(tmp_path / "fer", lambda u, e, n: "" if u[:3] == "Pub" else f"{e}/{u}_{n}.png")
    data = load(folder)
    assert Counter(data.split.tolist()) == {"train": 14, "test": 14}
    assert data.provenance.notes[0] == "by the file names there are no validation images"


def test_names_that_leave_a_class_without_validation_images_give_way_to_folders(tmp_path, load):
    def place(usage: str, emotion: str, number: int) -> str:
        name = without_public_fear(usage, emotion, number)
        return name and f"{'train' if usage == 'Training' else 'test'}/{name}"

    data = load(written(tmp_path / "fer", place))
    assert Counter(data.split.tolist()) == {"train": 14, "test": 26}
    assert data.provenance.notes[0] == (
        "by the file names validation has no image of fear; the folders' own split is used"
    )


@pytest.mark.parametrize("spelling", ["{code}", "{code}_{word}", "{code}-{word}", "{word}_{code}"])
def test_numbered_class_folders_keep_the_official_split(spelling, tmp_path, load):
    def place(usage: str, emotion: str, number: int) -> str:
        code = samples.CSV_CODES[emotion]
        return f"train/{spelling.format(code=code, word=emotion)}/{usage}_{number}.png"

    data = load(written(tmp_path / "fer", place))
    assert {
        (samples.EMOTIONS[label], identity)
        for label, identity in zip(data.labels, data.image_ids, strict=True)
    } == {
        (emotion, samples.image_id(image))
        for (_, emotion, _), image in samples.fer2013_images().items()
    }
    assert set(data.split) == {"train", "validation", "test"}


def test_how_numbers_are_read_as_classes_is_told(tmp_path, load):
    data = load(written(tmp_path / "fer", lambda u, e, n: f"{samples.CSV_CODES[e]}/{u}_{n}.png"))
    assert any("the codes of fer2013.csv: 0 angry, 1 disgust" in n for n in data.provenance.notes)


def test_class_folders_are_named_by_every_word_of_the_field():
    words = {word: name for word, name in EXPRESSIONS.items() if name != CONTEMPT}
    entries = [
        Entry(name=word, path=f"{word}/1.png", split="", class_name=f"0_{word.title()}")
        for word in words
    ]
    labels, _ = labels_of_folders(Path("fer"), Layout(name="", entries=tuple(entries)))
    assert {folder: CLASS_NAMES[label] for folder, label in labels.items()} == {
        f"0_{word.title()}": name for word, name in words.items()
    }


@pytest.mark.parametrize("word", ["contempt", "bored", "7"])
def test_a_class_folder_that_is_none_of_its_classes_is_refused(word, tmp_path, load):
    folder = written(tmp_path / "fer", lambda u, e, n: f"{e}/{u}_{n}.png")
    samples.write_image(folder / word / "1.png", samples.noise(1))
    with pytest.raises(DataError, match=f"class folder '{word}' is none of FER2013's"):
        load(folder)


@pytest.fixture(scope="module")
def published(fer2013_zip: Path, tmp_path_factory) -> list[Sample]:
    data = open_data_set(fer2013, fer2013_zip, {}, cache=tmp_path_factory.mktemp("cache"))
    every = [
        Sample(image, int(label), f"im{row}.png", str(split))
        for row, (image, label, split) in enumerate(
            zip(data.images, data.labels, data.split, strict=True)
        )
    ]
    random.Random(0).shuffle(every)
    return every


def compared(found: list[Sample]) -> Comparison:
    comparison = Comparison()
    for sample in found:
        comparison.add(sample)
    return comparison


def test_train_and_test_without_names_are_the_official_split_in_any_order(published):
    given = [replace(one, split="train" if one.split == "train" else "test") for one in published]
    assert compared(list(with_official_split(given))).proved


def test_images_in_published_order_without_any_split_are_the_official_split(published):
    order = {"train": 0, "validation": 1, "test": 2}
    ordered = sorted(published, key=lambda one: order[one.split])
    given = [replace(one, split="", path=f"{row}.png") for row, one in enumerate(ordered)]
    assert compared(list(with_official_split(given))).proved


def test_another_split_of_all_official_images_is_kept_and_told(published):
    given = [
        replace(one, split="validation" if row % 5 == 0 else "train")
        for row, one in enumerate(published)
    ]
    found = list(with_official_split(given))
    assert [one.split for one in found] == [one.split for one in given]
    assert compared(found).of_the_whole() == ["all 35,887 official images are in it, re-split"]


def test_how_many_evaluation_images_are_unchanged_is_told(published):
    kept = published[5:]
    given = [replace(one, split="train" if one.split == "train" else "test") for one in kept]
    (note,) = told_evaluation_images(compared(given).identities)
    gone = sum(one.split != "train" for one in published[:5])
    there = f"{7178 - gone:,}"
    assert note.startswith(f"{there} of the 7,178 official evaluation images are in it unchanged")
    assert f"{there} in test" in note
    assert told_evaluation_images({"train": ["0" * 64]}) == ()


def test_official_images_under_other_labels_prove_no_split(published):
    one = published[0]
    given = [replace(one, label=(one.label + 1) % 7), *published[1:]]
    given = [replace(s, split="train" if s.split == "train" else "test") for s in given]
    found = list(with_official_split(given))
    assert [s.split for s in found] == [s.split for s in given]
    assert "with other labels" in compared(found).of_the_whole()[0]
