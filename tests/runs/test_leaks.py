"""The leak laboratory from end to end on drawn faces."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.data.mistakes import COUNTERPARTS, HONEST, MISTAKES
from benchmarks.leaks.effect import read_laboratory
from benchmarks.store.ledger import read_ledger
from tests.runs.commands import ferbench, ferbench_here, kill_when

pytestmark = pytest.mark.slow
COUNTERPART_NAMES = [counterpart.name for counterpart in COUNTERPARTS]
TINY = """
name = "tiny-leaks"
[leaks]
train_images = 210
[data]
set = "synthetic-faces"
options = { scale = 0.2, balanced = false, copies = 0.1 }
[tuning]
trials = 1
rungs = [1]
[fit]
epochs = 20
seeds = [0, 1, 2]
[[variants]]
architecture = "pixel-logistic"
hyperparameters = { learning_rate = 0.001, batch_size = 16 }
"""
MADE = (HONEST, *COUNTERPART_NAMES, *(mistake.name for mistake in MISTAKES if mistake.trained))


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "tiny-leaks.toml"
    path.write_text(TINY, "utf-8")
    return path


@pytest.fixture(scope="module")
def laboratory(protocol: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A laboratory that was killed in its second run and gone on with."""
    folder = tmp_path_factory.mktemp("runs") / "leaks"
    second = folder / "select-on-test"
    kill_when(lambda: (second / "work").is_dir(), "run", protocol, "--out", folder)
    done = ferbench("run", protocol, "--out", folder)
    assert done.status == 0, done.err
    assert f"[2 of {len(MADE)}] select-on-test" in done.err
    return folder


def effects(laboratory: Path) -> pd.DataFrame:
    return pd.read_csv(laboratory / "leaks.csv").set_index("mistake")


def test_each_run_lies_in_a_folder_of_its_own_with_its_own_page(laboratory: Path) -> None:
    for name in MADE:
        manifest = json.loads((laboratory / name / "manifest.json").read_text("utf-8"))
        mistaken = name != HONEST and name not in COUNTERPART_NAMES
        assert manifest["protocol"]["mistake"] == (name if mistaken else None)
        assert manifest["split"]["counts"]["train"]
        page = (laboratory / name / "leaderboard.html").read_text("utf-8")
        assert ("known mistake on purpose" in page) == mistaken
    assert (laboratory / "leaks.html").is_file()
    assert (effects(laboratory)["status"] == "ok").all()


def test_the_mistakes_stand_on_the_same_images_as_the_honest_run(laboratory: Path) -> None:
    honest = pd.read_parquet(laboratory / HONEST / "splits.parquet")
    assert len(honest[honest["split"] == "train"]) == 210
    for name in MADE:
        paths = pd.read_parquet(laboratory / name / "splits.parquet")["path"]
        assert set(paths.str.removesuffix("#altered")) <= set(honest["path"])


def test_test_images_in_training_lift_the_score_far_above_the_honest_one(
    laboratory: Path,
) -> None:
    row = effects(laboratory).loc["test-in-training"]
    assert row["gain_low"] > 0.2
    assert row["test_in_training"] == 1


def test_tuning_on_the_test_set_changes_the_trials_alone(laboratory: Path) -> None:
    def trial(name: str) -> float:
        tuning = json.loads((laboratory / name / "tuning.json").read_text("utf-8"))
        return float(tuning["pixel-logistic"][0]["value"])

    def keys(name: str) -> list[str]:
        run = read_laboratory(laboratory).runs[name]
        return [fit.record.key for fit in run.variants[0].fits]

    assert trial("tune-on-test") == trial("select-on-test") != trial(HONEST)
    assert keys("tune-on-test") == keys(HONEST) != keys("select-on-test")


def test_the_test_set_itself_is_opened_for_scoring_only(laboratory: Path) -> None:
    for name in MADE:
        openings = [
            line
            for line in read_ledger(laboratory / name / "ledger.jsonl")
            if line.event == "test-opened"
        ]
        assert [line.purpose for line in openings] == ["score"] * 3


def test_a_second_run_trains_nothing_and_ends_in_the_same_numbers(
    laboratory: Path, protocol: Path
) -> None:
    fits = {path: path.stat().st_mtime_ns for path in laboratory.glob("*/fits/*/seed-*/*")}
    before = (laboratory / "leaks.csv").read_bytes()
    assert ferbench("run", protocol, "--out", laboratory).status == 0
    assert {p: p.stat().st_mtime_ns for p in laboratory.glob("*/fits/*/seed-*/*")} == fits
    assert (laboratory / "leaks.csv").read_bytes() == before


def test_the_page_is_rendered_again_from_the_predictions(laboratory: Path) -> None:
    page = (laboratory / "leaks.html").read_text("utf-8")
    (laboratory / "leaks.html").unlink()
    assert ferbench_here("report", laboratory).status == 0
    assert (laboratory / "leaks.html").read_text("utf-8") == page
    printed = ferbench_here("report", laboratory, "--format", "csv")
    assert printed.out == (laboratory / "leaks.csv").read_text("utf-8")
    refused = ferbench_here("report", laboratory, "--format", "latex")
    assert refused.status == 2
    assert "html or csv" in refused.err


def test_a_mistaken_run_can_be_verified_and_never_merged(laboratory: Path, tmp_path: Path) -> None:
    run = laboratory / "test-in-training"
    verified = ferbench_here("verify", run)
    assert verified.status == 0, verified.out + verified.err
    merged = ferbench_here("merge", run, laboratory / HONEST, "-o", tmp_path / "both")
    assert merged.status == 2
    assert "mistake" in merged.err


def test_another_protocol_in_the_same_folder_is_refused(laboratory: Path, tmp_path: Path) -> None:
    changed = tmp_path / "other.toml"
    changed.write_text(TINY.replace("epochs = 20", "epochs = 21"), "utf-8")
    done = ferbench("run", changed, "--out", laboratory)
    assert done.status == 2
    assert "fit.epochs is 21 here and 20 there" in done.err


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_preset_shows_the_blatant_mistakes(tmp_path: Path) -> None:
    done = ferbench("run", "leaks", "--out", tmp_path / "leaks", FERBENCH_CACHE=str(tmp_path))
    assert done.status == 0, done.err
    found = effects(tmp_path / "leaks")
    for mistake in ("test-in-training", "oversample-before-split"):
        assert found.loc[mistake, "gain_low"] > 0, mistake
    assert found.loc["augment-before-split", "gain"] > 0
