"""An image is found in a text however its path is written there, and nothing else is."""

from __future__ import annotations

import html
import json
import time

import numpy as np
import pytest

from benchmarks.reproducibility.named_images import NamedImages
from benchmarks.store.splits import SplitTable

PATHS = ("test/sad/a.png", "KA.AN1.39.tiff", "deep/happy/é & ü/1.jpg", "drawn/train/00017", "7")
IDENTITY = "0f" * 32


def looking_for(*paths: str) -> NamedImages:
    count = len(paths)
    zeros, blank = np.zeros(count, np.int64), np.full(count, "", np.str_)
    identities = np.array([IDENTITY] * count)
    return NamedImages(SplitTable(zeros, identities, np.array(paths), zeros, blank))


@pytest.mark.parametrize(
    "text",
    [
        "test/sad/a.png",
        "test/sad/a.png: damaged",
        "cannot read test/sad/a.png.",
        "/home/u/faces/test/sad/a.png: bad",
        "faces.zip/test/sad/a.png",
        "sad/a.png",
        "path=test/sad/a.png",
        "[test/sad/a.png]",
        "`test/sad/a.png`",
        '{"reason": "cannot read\\ntest/sad/a.png"}',
        '{"reason": "test\\/sad\\/a.png"}',
    ],
)
def test_a_path_is_found_with_whatever_stands_around_it(text: str) -> None:
    assert looking_for(*PATHS).first_in(text) == "sad/a.png"


@pytest.mark.parametrize(
    "text", ["KA.AN1.39.tiff: damaged", "in (KA.AN1.39.tiff)", "drawn/train/00017;"]
)
def test_so_are_names_without_a_folder_and_numbers_in_one(text: str) -> None:
    assert looking_for(*PATHS).first_in(text) in ("KA.AN1.39.tiff", "train/00017")


@pytest.mark.parametrize("written", [str, html.escape, json.dumps])
def test_so_is_one_whose_letters_are_escaped(written: object) -> None:
    assert callable(written)
    assert looking_for(*PATHS).first_in(f"<p>{written(PATHS[2])}</p>") == "é & ü/1.jpg"


def test_pixels_are_found_too() -> None:
    assert looking_for(*PATHS).first_in(f"image:{IDENTITY}.") == IDENTITY


@pytest.mark.parametrize(
    "text",
    ["row 7", "test/sad", "sad/aa.png", "unsad/a.png", "a.png", "train/000170", "39.tiff", ""],
)
def test_nothing_else_is(text: str) -> None:
    assert looking_for(*PATHS).first_in(text) is None


def test_a_row_of_a_table_is_not_looked_for() -> None:
    assert looking_for("fer2013.csv:12").first_in("fer2013.csv:12: too dark") is None


def test_tens_of_thousands_of_paths_are_looked_for_at_once() -> None:
    known = looking_for(*(f"test/sad/PrivateTest_{n}.png" for n in range(40_000)))
    text = '<td data-x="0.25">0.25</td> see sad/PrivateTest_x.png, train/sad.\n' * 15_000
    before = time.process_time()
    assert known.first_in(text) is None
    assert time.process_time() - before < 10
