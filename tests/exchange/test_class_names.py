"""A class is known under the names that the field has for it."""

from __future__ import annotations

import pytest

from benchmarks.errors import InputError
from benchmarks.exchange.adding.class_names import stated_classes
from datasets.reading.words import EXPRESSIONS as EVERY_WORD
from tests.folder import EXPRESSIONS

FER_PLUS = (*EXPRESSIONS, "contempt")


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


@pytest.mark.parametrize("word", EVERY_WORD)
def test_every_word_of_the_field_is_taken(word: str) -> None:
    names = (*FER_PLUS[:-1], FER_PLUS[-1].title())
    stated = [word.title() if name == EVERY_WORD[word] else name for name in FER_PLUS]
    assert stated_classes(stated, names) == names


def test_the_order_is_that_of_the_outputs() -> None:
    reverse = ("surprised", "sadness", "neutral", "joy", "fear", "disgust", "anger")
    assert stated_classes(reverse, EXPRESSIONS) == EXPRESSIONS[::-1]


def test_contempt_may_stand_among_them() -> None:
    eight = (*EXPRESSIONS[:2], "Contempt", *EXPRESSIONS[2:])
    assert stated_classes(eight, EXPRESSIONS) == (*EXPRESSIONS[:2], "contempt", *EXPRESSIONS[2:])


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
