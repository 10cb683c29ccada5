"""The field's words are known in the spellings that people use, and other words are not."""

from __future__ import annotations

import pytest

from datasets.reading.words import (
    expression_of,
    expressions_in,
    is_person,
    meant_class,
    split_of,
    splits_of,
)


@pytest.mark.parametrize("name", ["train", "TRAIN", "Training", "train_set", "FER2013Train"])
def test_words_for_training(name) -> None:
    assert split_of(name) == "train"


@pytest.mark.parametrize(
    "name", ["val", "Valid", "validation", "dev", "PublicTest", "public_test", "FER2013Valid"]
)
def test_words_for_validation(name) -> None:
    assert split_of(name) == "validation"


@pytest.mark.parametrize(
    "name", ["test", "Testing", "eval", "PrivateTest", "private test", "Test_Images", "test2017"]
)
def test_words_for_the_test_set(name) -> None:
    assert split_of(name) == "test"


@pytest.mark.parametrize("name", ["trainval", "train_station", "testosterone", "7", "data", ""])
def test_other_words_are_no_splits(name) -> None:
    assert split_of(name) is None


def test_a_word_that_all_splits_share_does_not_count() -> None:
    assert splits_of(["mine_train", "mine_test"]) == {"mine_train": "train", "mine_test": "test"}
    assert splits_of(["train_station", "bus_stop"]) == {}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Happiness", "happy"),
        ("0_angry", "angry"),
        ("3. Sad", "sad"),
        ("(2) fear", "fear"),
        ("happy_3", "happy"),
        ("ANGER ", "angry"),
        ("afraid", "fear"),
        ("SURPRISED", "surprise"),
        ("happy - Copy (2)", "happy"),
        ("Copy of sad", "sad"),
        ("cat", None),
        ("0", None),
        ("sa3_d", None),
    ],
)
def test_expressions_are_known_by_their_synonyms(name, word) -> None:
    assert expression_of(name) == word


@pytest.mark.parametrize(
    ("name", "class_names", "meant"),
    [
        ("contemptuous", ("angry", "Contempt"), "Contempt"),
        ("Anger", ("0_angry", "1_sad"), "0_angry"),
        ("anger", ("anger", "angry"), "anger"),
        ("ANGRY", ("anger", "angry"), "angry"),
        ("joy", ("happy", "happiness"), None),
        ("De\u0301gou\u0302t", ("d\u00e9go\u00fbt", "joie"), "d\u00e9go\u00fbt"),
        ("bored", ("happy", "sad"), None),
    ],
)
def test_a_word_means_one_of_the_classes_or_none(name, class_names, meant) -> None:
    assert meant_class(name, class_names) == meant


def test_expressions_are_found_in_names() -> None:
    assert expressions_in("img_12_sad") == {"sad"}
    assert expressions_in("HappyFace3") == {"happy"}
    assert expressions_in("unhappy") == set()
    assert expressions_in("happy_or_sad") == {"happy", "sad"}


def test_persons_are_known_by_their_names() -> None:
    assert all(map(is_person, ["S005", "AF01", "BM35", "person0", "Subject_12", "actor 3"]))
    assert not any(map(is_person, ["surprise", "S5", "1", "happy", "person"]))
