"""A class is known under the names that the field has for it."""

from __future__ import annotations

import pytest

from benchmarks.errors import InputError
from benchmarks.exchange.adding.class_names import meant_class, stated_classes
from tests.folder import EXPRESSIONS


@pytest.mark.parametrize(
    "stated",
    [
        EXPRESSIONS,
        ("Angry", "DISGUST", "Fear", " happy", "Neutral", "Sad", "Surprise"),
        ("anger", "disgusted", "fearful", "happiness", "neutrality", "sadness", "surprised"),
        ("Anger", "Disgust", "afraid", "Joy", "NEUTRAL", "sad", "surprise"),
    ],
)
def test_any_case_and_synonyms_name_the_runs_classes(stated) -> None:
    assert stated_classes(stated, EXPRESSIONS) == EXPRESSIONS


def test_the_order_is_that_of_the_outputs() -> None:
    reverse = ("surprised", "sadness", "neutral", "joy", "fear", "disgust", "anger")
    assert stated_classes(reverse, EXPRESSIONS) == EXPRESSIONS[::-1]


def test_contempt_may_stand_among_them() -> None:
    eight = (*EXPRESSIONS[:2], "Contempt", *EXPRESSIONS[2:])
    assert stated_classes(eight, EXPRESSIONS) == (*EXPRESSIONS[:2], "contempt", *EXPRESSIONS[2:])


def test_contempt_that_the_run_has_is_a_class_like_any() -> None:
    assert meant_class("contemptuous", (*EXPRESSIONS, "Contempt")) == "Contempt"


def test_a_run_that_parts_two_synonyms_takes_each_as_written() -> None:
    assert meant_class("anger", ("anger", "angry")) == "anger"
    assert meant_class("ANGRY", ("anger", "angry")) == "angry"
    assert meant_class("joy", ("happy", "happiness")) is None


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        (("suprise", *EXPRESSIONS[:-1]), "no class 'suprise'; did you mean 'surprise'"),
        (("xyz", *EXPRESSIONS[1:]), "no class 'xyz'; the run's classes are: angry, "),
        (("anger", *EXPRESSIONS), "name each of the run's classes once"),
        (EXPRESSIONS[1:], "name each of the run's classes once"),
        (("contempt", *EXPRESSIONS, "contemptuous"), "name each of the run's classes once"),
    ],
)
def test_what_names_no_class_or_one_twice_is_refused(stated, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        stated_classes(stated, EXPRESSIONS)
