"""A class that the test set lacks is named wherever scores of a run stand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from benchmarks.commands.tables import print_leaderboard
from benchmarks.report.files.leaderboard import as_latex, as_markdown
from benchmarks.report.page import render
from tests.folder import ROWS, build

TOLD = "no test image of disgust: macro scores on test are over the other classes"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs") / "run"
    return build(place, ROWS[1:2], seeds=(0,), images=40, untested="disgust")


@pytest.fixture(scope="module")
def board(run: Path) -> pd.DataFrame:
    return render(run)


def test_on_the_page(run: Path, board: pd.DataFrame) -> None:
    page = (run / "leaderboard.html").read_text("utf-8")
    assert f"{TOLD[0].upper()}{TOLD[1:]}." in page
    assert "No test images of</button>" in page
    assert 'title="disgust: no test images"' in page
    assert "The test set has no image of disgust" in page


def test_in_the_tables(run: Path, board: pd.DataFrame) -> None:
    with (run / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["classes_without_test_images"] for row in rows] == ["disgust"]
    for written in (as_latex(board), as_markdown(board)):
        assert "No test images of" in written
        assert written.count("disgust") == 1


def test_in_the_terminal(run: Path, board: pd.DataFrame) -> None:
    seen = io.StringIO()
    print_leaderboard(Console(file=seen, width=200), run, board)
    assert seen.getvalue().count(TOLD) == 1
