"""The leaderboard leaves as Markdown and LaTeX without losing or adding anything."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.report.elements.numbers import (
    compact,
    duration,
    interval,
    listing,
    p_value,
    percent,
    points,
    rank,
    scored,
    setting,
    supported,
)
from benchmarks.report.files.figures import save_figures
from benchmarks.report.files.leaderboard import as_latex, as_markdown, spread
from benchmarks.store.reading import read_run
from tests.folder import ROWS, Row, build


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    rows = (*ROWS, Row(name="a|b_c%<i>", skill=0.4))
    return leaderboard(read_run(build(tmp_path_factory.mktemp("runs") / "run", rows, images=40)))


def test_markdown_has_one_line_for_each_variant(frame: pd.DataFrame) -> None:
    lines = as_markdown(frame).splitlines()[2:]
    assert len(lines) == 2 + len(ROWS) + 1
    assert {line.replace("\\|", "").count("|") for line in lines} == {lines[0].count("|")}
    assert "a\\|b\\_c%&lt;i&gt;" in as_markdown(frame)


def test_latex_is_a_booktabs_table_with_escaped_names(frame: pd.DataFrame) -> None:
    latex = as_latex(frame)
    assert "\\toprule" in latex
    assert r"a\textbar{}b\_c\%\textless{}i\textgreater{}" in latex
    assert latex.count("\\\\\n") == 1 + len(ROWS) + 1


def test_what_did_not_run_keeps_its_reason(frame: pd.DataFrame) -> None:
    assert "failed: out of memory at batch 64" in as_markdown(frame)
    assert "failed: out of memory at batch 64" in as_latex(frame)


def test_figures_are_saved_as_svg_and_pdf_the_same_each_time(tmp_path: Path) -> None:
    run = read_run(build(tmp_path / "run", ROWS[1:2], seeds=(0,), images=40))
    board = leaderboard(run)
    first = {path.name: path.read_bytes() for path in save_figures(run, board, tmp_path / "one")}
    again = {path.name: path.read_bytes() for path in save_figures(run, board, tmp_path / "two")}
    drawn = ("curves", "tuning", "thresholds", "reliability", "selective")
    assert set(first) == {
        f"{name}.{kind}"
        for name in ("accuracy", "class-shares", *(f"plain-cnn-{each}" for each in drawn))
        for kind in ("svg", "pdf")
    }
    assert first == again


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(0.6872), "68.7"),
        (percent(None), "–"),
        (points(-0.0142), "−1.4"),
        (points(-0.0001), "0.0"),
        (interval(0.6717, 0.7012), "67.2 to 70.1"),
        (interval(float("nan"), 0.7), ""),
        (interval(0.6717, 0.7012, 0), "67 to 70"),
        (p_value(0.31), "0.31"),
        (p_value(0.0123), "0.012"),
        (p_value(1e-12), "<\N{NO-BREAK SPACE}0.001"),
        (rank(1, 3), "1–3"),
        (rank(2.0, 2.0), "2"),
        (rank(None, None), "–"),
        (compact(4_412_345), "4.41 M"),
        (compact(58_423), "58.4 k"),
        (compact(None), "–"),
        (duration(8.44), "8.4 s"),
        (duration(59.7), "1 min 00 s"),
        (duration(7500), "2 h 05 min"),
        (setting(3.1e-4), "0.00031"),
        (setting((1, 3)), "1, 3"),
        (listing(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_are_written_as_people_read_them(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("error", "digits"),
    [(0.04, 0), (0.0356, 0), (0.0354, 1), (0.015, 1), (0.008, 1), (0.00356, 1), (0.00354, 2)],
)
def test_a_share_has_the_decimals_that_its_standard_error_supports(
    error: float, digits: int
) -> None:
    low, high = 0.6 - 2 * error, 0.6 + 2 * error
    assert supported(low, high) == digits
    assert scored(0.61234, low, high)[0] == f"{61.234:.{digits}f}"


def test_a_plain_number_has_at_most_three_decimals() -> None:
    assert scored(1.23456, 1.2, 1.3, fraction=False) == ("1.235", "1.200 to 1.300")
    assert scored(1.23456, 1.1, 1.4, fraction=False) == ("1.23", "1.10 to 1.40")
    assert scored(1.23456, 1.2345, 1.2346, fraction=False)[0] == "1.235"


def test_what_has_no_interval_has_the_usual_decimals() -> None:
    nan = float("nan")
    assert scored(0.5, nan, nan) == ("50.0", "")
    assert scored(0.5, 0.5, 0.5) == ("50.0", "50.0 to 50.0")
    assert scored(0.5, nan, nan, fraction=False) == ("0.500", "")
    assert scored(None, None, None) == ("–", "")


def test_the_leaderboard_has_the_decimals_of_its_intervals(frame: pd.DataFrame) -> None:
    """Of 40 images an accuracy is known to some eight points only."""
    row = frame[frame["variant"] == "plain-cnn"].iloc[0]
    assert spread(row, "accuracy", True).startswith(f"{100 * row['accuracy']:.0f} ±")
