"""A column of the leaderboard is one row: with it the column is in every form of the table."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from benchmarks.commands.tables import print_leaderboard
from benchmarks.evaluation import leaderboard as board
from benchmarks.evaluation.leaderboard import BoardColumn, on_page, stored_names
from benchmarks.report.files.leaderboard import as_latex, as_markdown
from benchmarks.report.page import render
from tests.folder import ROWS, build

EPOCHS = BoardColumn(
    name="epochs",
    value=lambda row: max((fit.record.epochs_run for fit in row.fits), default=None),
    kind="whole",
    page="Most epochs",
    text="Epochs",
    terminal="epochs",
    definition="The longest training.",
    whole=True,
)


def test_a_column_that_is_added_is_on_the_page_in_every_file_and_in_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "COLUMNS", (*board.COLUMNS, EPOCHS))
    run = build(tmp_path / "run", ROWS[:3], images=40)
    frame = render(run)
    assert pd.read_csv(run / "leaderboard.csv")["epochs"].tolist() == [12, 12, 12]
    assert json.loads((run / "leaderboard.json").read_text("utf-8"))[0]["epochs"] == 12
    page = (run / "leaderboard.html").read_text("utf-8")
    assert "Most epochs</button>" in page
    assert "The longest training." in page
    assert "| Epochs |" in as_markdown(frame)
    assert "Epochs \\\\" in as_latex(frame)
    seen = io.StringIO()
    console = Console(file=seen, width=200)
    print_leaderboard(console, run, frame)
    assert "epochs" in seen.getvalue().splitlines()[0]


def test_no_two_columns_share_a_name_and_each_follows_one_of_the_page() -> None:
    names = [column.name for column in board.columns()]
    assert len(set(names)) == len(names)
    shown = [column.name for column in on_page()]
    assert shown.index("latency_ms") == shown.index("macs") + 1
    assert "gain" in shown and "gain" not in stored_names()
