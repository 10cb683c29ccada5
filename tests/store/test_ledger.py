"""The test ledger counts how often a row was scored anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.store.ledger import openings, scorings
from benchmarks.store.reading import read_run
from tests.folder import ROWS, build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[1:3], seeds=(0, 1, 2), images=40)


def score_again(folder: Path, variant: str, seed: int, key: str) -> None:
    line = {"event": "test-opened", "time": "2024-05-02T10:00:00+00:00", "purpose": "score"}
    with (folder / "ledger.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | {"variant": variant, "seed": seed, "key": key}) + "\n")


def test_several_seeds_are_one_scoring_of_the_row(folder: Path) -> None:
    assert scorings(read_run(folder)) == {"plain-cnn": 1, "augmented-cnn": 1}
    assert len(openings(read_run(folder))) == 6


def test_a_changed_variant_is_scored_again_for_its_row_alone(folder: Path) -> None:
    for key in ("second", "third"):
        score_again(folder, "plain-cnn", 0, key)
    score_again(folder, "plain-cnn", 1, "second of seed 1")
    run = read_run(folder)
    assert scorings(run) == {"plain-cnn": 3, "augmented-cnn": 1}
    assert [opening.scoring for opening in openings(run)][-3:] == [2, 3, 2]


def test_the_same_fit_scored_again_after_an_interruption_adds_nothing(folder: Path) -> None:
    run = read_run(folder)
    first = openings(run)[0]
    assert first.seed is not None
    score_again(folder, first.variant, first.seed, first.key)
    run = read_run(folder)
    assert scorings(run) == {"plain-cnn": 1, "augmented-cnn": 1}
    assert [opening.repeated for opening in openings(run)] == [False] * 6 + [True]


def test_a_damaged_line_is_left_out_of_the_count(folder: Path) -> None:
    with (folder / "ledger.jsonl").open("ab") as file:
        file.write(b'17\n"text"\n{"event": "test-op\xff\n')
    assert len(openings(read_run(folder))) == 6
