"""The test ledger counts how often a row was scored anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.store import records
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import append_event, damaged_lines, openings, read_ledger, scorings
from benchmarks.store.openings import restore_openings
from benchmarks.store.reading import read_run
from benchmarks.store.records import UnknownEvent
from tests.folder import ROWS, build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[1:3], seeds=(0, 1, 2), images=40)


def score_again(folder: Path, variant: str, seed: int, key: str) -> None:
    at = "2024-05-02T10:00:00+00:00"
    opened = records.TestOpened(time=at, variant=variant, seed=seed, key=key)
    append_event(RunFolder(folder).ledger, opened)


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


def test_an_event_of_another_version_is_read_and_written_as_it_stands(tmp_path: Path) -> None:
    line = '{"variant": 7, "event": "rested", "hours":  8}'
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text(f"{line}\n", "utf-8")
    (event,) = read_ledger(first)
    assert isinstance(event, UnknownEvent)
    append_event(second, event)
    assert second.read_text("utf-8") == f"{line}\n"
    assert damaged_lines(second) == []


def change(ledger: Path, before: str, after: str) -> None:
    """Change the first line that ``before`` stands in."""
    ledger.write_text(ledger.read_text("utf-8").replace(before, after, 1), "utf-8")


def test_a_line_that_was_changed_is_none(folder: Path) -> None:
    change(folder / "ledger.jsonl", '"seed": 1', '"seed": 2')
    assert damaged_lines(folder / "ledger.jsonl") == [2]
    assert len(openings(read_run(folder))) == 5


@pytest.mark.parametrize("damage", [('"seed": 1', '"seed": 2'), ('"score"', "score"), ("{", "")])
def test_an_opening_that_a_fit_is_proof_of_is_not_forgotten(
    folder: Path, damage: tuple[str, str]
) -> None:
    before = {(o.variant, o.seed, o.key, o.purpose) for o in openings(read_run(folder))}
    change(folder / "ledger.jsonl", *damage)
    damaged, restored = restore_openings(RunFolder(folder))
    assert "cannot be read" in damaged and "it does now" in restored
    after = openings(read_run(folder))
    assert {(o.variant, o.seed, o.key, o.purpose) for o in after} == before
    assert after[-1].time == ""


def test_a_ledger_that_is_gone_is_told_from_the_fits(folder: Path) -> None:
    (folder / "ledger.jsonl").unlink()
    assert len(list(restore_openings(RunFolder(folder)))) == 6
    assert len(openings(read_run(folder))) == 6
    assert list(restore_openings(RunFolder(folder))) == []


@pytest.mark.parametrize(
    "line", ["{}", "17", '{"event": "fit", "seconds": "long"}', '{"event": "f']
)
def test_a_line_that_tells_no_whole_event_is_damaged(tmp_path: Path, line: str) -> None:
    (tmp_path / "ledger.jsonl").write_text(f"\n{line}\n", "utf-8")
    assert read_ledger(tmp_path / "ledger.jsonl") == []
    assert damaged_lines(tmp_path / "ledger.jsonl") == [2]
