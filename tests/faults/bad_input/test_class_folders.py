"""Folders of images that make no data set are refused with what was found and what is needed."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from tests.datasets import samples
from tests.faults.bad_input.refusals import refused

Counts = dict[str, int]
SPLIT = {"train/a": 12, "train/b": 12, "test/a": 4, "test/b": 4}
FOLDERS: MappingProxyType[str, tuple[Counts, str]] = MappingProxyType(
    {
        "nothing": ({}, "it is empty"),
        "an empty class alone": ({"a": 0}, "no images"),
        "empty classes": ({"a": 0, "b": 0}, "no images"),
        "one class": ({"a": 20}, "two"),
        "one class and an empty one": ({"a": 20, "b": 0}, "b"),
        "images without classes": ({".": 20}, "expected a folder for each of two classes"),
        "one image a class": ({"a": 1, "b": 1}, "too few"),
        "a class of two images": ({"a": 20, "b": 2}, "class 'b' has 2 different images"),
        "no training": ({"test/a": 9, "test/b": 9}, "train"),
        "an empty training": ({"train/a": 0, "train/b": 0, "test/a": 9, "test/b": 9}, "train"),
        "one class in training": ({"train/a": 12, "test/a": 4, "test/b": 4}, "b"),
        "a class in test alone": ({**SPLIT, "test/c": 4}, "c"),
        "a class in validation alone": ({**SPLIT, "val/a": 3, "val/c": 4}, "c"),
        "all splits empty": ({"train/a": 0, "test/a": 0, "val/a": 0}, "holds nothing"),
        "hidden images alone": ({".a": 9, ".b": 9}, "no images"),
        "what systems leave": ({"__MACOSX/a": 9, "__MACOSX/b": 9}, "no images"),
    }
)


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_that_is_no_data_set_is_refused(case: str, place: Path) -> None:
    counts, said = FOLDERS[case]
    (place / "mine").mkdir()
    for name in counts:
        (place / "mine" / name).mkdir(parents=True, exist_ok=True)
    samples.write_classes(place / "mine", counts, size=(8, 8))
    line = refused(place, "init", "mine")
    assert said in line.partition(": ")[2], line
