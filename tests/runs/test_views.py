"""A whole run with views and ensembles, and one that takes them up when it is finished."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.store import records
from benchmarks.store.ledger import read_ledger
from tests.report.pages import text
from tests.runs.commands import Done, ferbench_here

PLAIN = """
name = "views"
data = { set = "synthetic-faces", options = { scale = 0.05 } }
tuning = { trials = 1, rungs = [1] }
fit = { epochs = 1, seeds = [0, 1] }
variants = [{ architecture = "majority" }, { architecture = "pixel-logistic" }]
"""
ENSEMBLES = """
[[ensembles]]
name = "both"
members = ["majority", "pixel-logistic"]
"""
FITS = 4


def carried_out(folder: Path, views: str, ensembles: str = "") -> Done:
    file = folder / "views.toml"
    file.write_text(f'views = "{views}"\n{PLAIN}{ensembles}', "utf-8")
    done = ferbench_here("run", file, "--out", folder / "run")
    assert done.status == 0, done.err
    return done


def openings(run: Path) -> list[str]:
    events = read_ledger(run / "ledger.jsonl")
    return [event.purpose for event in events if isinstance(event, records.TestOpened)]


def board(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "leaderboard.csv").set_index("variant")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    assert "ensemble" in carried_out(folder, "ten-crop", ENSEMBLES).err
    return folder / "run"


def test_views_come_with_the_score_in_one_opening(finished: Path) -> None:
    assert openings(finished) == ["score"] * FITS
    assert len(list(finished.glob("fits/*/*/views.parquet"))) == FITS


def test_of_a_model_that_sees_no_pixels_every_view_is_the_single_one(finished: Path) -> None:
    row = board(finished).loc["majority"]
    assert row["accuracy"] == row["accuracy_flip"] == row["accuracy_ten_crop"]


def test_the_ensemble_is_the_mean_of_the_tables(finished: Path) -> None:
    tables = [pd.read_parquet(path) for path in finished.glob("fits/*/*/predictions.parquet")]
    tests = [table[table["split"] == "test"].sort_values("row") for table in tables]
    names = [column for column in tests[0] if column.startswith("p_")]
    mean = np.mean([test[names].to_numpy() for test in tests], axis=0)
    accuracy = (mean.argmax(axis=1) == tests[0]["label"]).mean()
    row = board(finished).loc["both"]
    assert (row["kind"], row["status"]) == ("ensemble", "ok")
    assert row["accuracy"] == pytest.approx(accuracy)
    assert row["parameters"] == 2 * board(finished)["parameters"][:2].sum()


def test_the_page_tells_which_is_which_and_verifies(finished: Path) -> None:
    shown = text((finished / "leaderboard.html").read_text("utf-8"))
    for said in (
        "Every score is that of the image as it is.",
        "“With flip” takes 2 and “Ten-crop” takes 10 times as long",
        "five shifts of an image, each mirrored or not (Krizhevsky et al. 2012)",
        "the mean of the probabilities of 4 fits of majority and pixel-logistic",
        "opened 4 times, to score finished models, once for each of them",
    ):
        assert said in shown
    assert ferbench_here("verify", finished).status == 0


def test_a_finished_run_takes_them_up_with_an_opening_of_their_own(
    finished: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    carried_out(tmp_path, "one")
    kept = {path: path.stat().st_mtime_ns for path in run.glob("fits/*/*/[pf]*")}
    assert "accuracy_flip" not in board(run)
    carried_out(tmp_path, "ten-crop", ENSEMBLES)
    assert openings(run) == ["score"] * FITS + ["views"] * FITS
    carried_out(tmp_path, "flip", ENSEMBLES)
    assert len(openings(run)) == 2 * FITS
    assert "accuracy_ten_crop" not in board(run)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert ferbench_here("verify", run).status == 0
    names = ["accuracy", "accuracy_flip", "accuracy_flip_low", "log_loss"]
    pd.testing.assert_frame_equal(board(run)[names], board(finished)[names])
    assert "opened once more for averages over views" in (run / "leaderboard.html").read_text()


def test_an_ensemble_of_no_row_is_refused_before_anything_is_prepared(tmp_path: Path) -> None:
    file = tmp_path / "views.toml"
    file.write_text(PLAIN + ENSEMBLES.replace('"majority"', '"majorty"'), "utf-8")
    done = ferbench_here("run", file, "--out", tmp_path / "run")
    assert done.status == 2
    assert "ensembles[0]: no row 'majorty'; did you mean 'majority'?" in done.err
    assert not (tmp_path / "run").exists()
