"""The page says which rows had more, were scored again, or were made under other conditions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.evaluation.leaderboard import standings
from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.report.page import render_page
from benchmarks.report.sections.fairness import ledgers, marks
from benchmarks.report.sections.leaderboard import ranking
from benchmarks.store.files import write_values
from benchmarks.store.reading import read_run
from tests.folder import ROWS, build
from tests.report.pages import text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[1:4], seeds=(0,), images=40, epochs=3)


def append(folder: Path, **event: Any) -> None:
    with (folder / "ledger.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


def change(folder: Path, variant: str, **facts: Any) -> None:
    path = folder / "fits" / variant / "seed-0" / "fit.json"
    write_values(path, json.loads(path.read_text("utf-8")) | facts)


def test_rows_that_had_the_same_have_no_marks(folder: Path) -> None:
    assert set(marks(read_run(folder)).values()) == {()}


def test_a_row_that_was_scored_again_says_how_often(folder: Path) -> None:
    for key in ("second", "third"):
        append(folder, event="test-opened", variant="plain-cnn", seed=0, key=key, time="")
    page = text(render_page(read_run(folder)))
    assert "the test set has been opened 3 times for this row" in page
    assert "Test ledger: the test set was opened 5 times" in page


def test_each_table_tells_its_part(folder: Path) -> None:
    append(folder, event="pretrain", variant="resnet50", key="p", images_seen=9000, seconds=60.0)
    change(folder, "plain-cnn", precision="bfloat16")
    budget, opened, same = ledgers(read_run(folder))
    labels = [column.label for column in budget.columns]
    first = dict(zip(labels, [cell.text for cell in budget.rows[0]], strict=True))
    states = ("Trials", "Complete", "Pruned", "Failed")
    assert [first[state] for state in states] == ["8", "3", "4", "1"]
    assert first["On the edge"] == "–"
    assert len(opened.rows) == 3
    told = [tuple(cell.text for cell in row) for row in same.rows]
    assert ("precision", "bfloat16", "only plain-cnn") in told
    assert ("threads", "1", "all") in told


def test_times_of_other_hardware_are_marked_and_not_ranked(folder: Path) -> None:
    change(folder, "plain-cnn", device="GPU one")
    run = read_run(folder)
    board = standings(run, compute_statistics(run))
    shown = ranking(run, board, dict.fromkeys(board["variant"], "x"))
    columns = [column.label for column in shown.columns]
    for row in shown.rows:
        cells = dict(zip(columns, row.cells, strict=True))
        timed = [cells[name].sort for name in ("Training", "One image, ms", "Batch of 64, ms")]
        if cells["Variant"].text == "plain-cnn":
            assert timed == ["", "", ""]
            assert "GPU one" in cells["Variant"].note
            assert cells["Accuracy, %"].sort
        else:
            assert all(timed)


def test_a_hostile_ledger_stays_text(folder: Path) -> None:
    hostile = "<script>alert(1)</script>"
    append(folder, event="test-opened", variant=hostile, seed=0, key=hostile, purpose=hostile)
    append(folder, event="merged", variant="plain-cnn", reason=hostile)
    page = render_page(read_run(folder))
    assert page.count("<script>") == 1
    assert hostile in text(page)
