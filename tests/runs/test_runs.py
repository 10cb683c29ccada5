"""Whole runs on the synthetic set: what comes out, and that only the protocol decides it."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.store.ledger import read_ledger
from tests.runs.commands import (
    SMALL,
    TINY,
    VARIANTS,
    ferbench,
    ferbench_here,
    kill_when,
    numbers,
    stop_when,
    temporary_of,
)


def test_a_run_leaves_the_results_folder_of_the_design(unbroken: Path) -> None:
    for name in (
        "leaderboard.html",
        "leaderboard.csv",
        "leaderboard.json",
        "manifest.json",
        "splits.parquet",
        "audit.json",
        "ledger.jsonl",
        "tuning.journal",
    ):
        assert (unbroken / name).stat().st_size > 0, name
    fit = unbroken / "fits" / "emotionnet" / "seed-0"
    assert {"predictions.parquet", "history.csv", "fit.json", "model.keras", "model.h5"} <= {
        file.name for file in fit.iterdir()
    }
    torch_fit = unbroken / "fits" / "timm-resnet10t.source.fine-tune-32" / "seed-1"
    assert (torch_fit / "model.safetensors").is_file()


def test_workers_leave_nothing_in_the_temporary_folder(unbroken: Path) -> None:
    assert not list(temporary_of(unbroken).iterdir())


def test_every_variant_has_its_row_with_every_number(unbroken: Path) -> None:
    board = pd.read_csv(unbroken / "leaderboard.csv")
    assert sorted(board["variant"]) == sorted(VARIANTS)
    assert (board["status"] == "ok").all()
    for column in ("accuracy", "macro_f1", "balanced_accuracy", "log_loss", "accuracy_sd"):
        assert board[column].notna().all(), column
    networks = board[board["variant"] != "majority"]
    for column in ("parameters", "macs", "train_seconds", "latency_ms", "peak_memory_mb"):
        assert (networks[column] > 0).all(), column


def test_the_time_of_a_fit_is_that_of_all_its_epochs(unbroken: Path) -> None:
    for file in unbroken.glob("fits/*/seed-*/fit.json"):
        epochs = pd.read_csv(file.with_name("history.csv"))["seconds"]
        told = json.loads(file.read_text("utf-8"))["train_seconds"]
        assert told == pytest.approx(epochs.sum())


def test_predictions_are_probabilities_of_each_validation_and_test_image(unbroken: Path) -> None:
    splits = pd.read_parquet(unbroken / "splits.parquet")
    for file in unbroken.glob("fits/*/seed-*/predictions.parquet"):
        predictions = pd.read_parquet(file)
        expected = splits[splits["split"] != "train"].reset_index(drop=True)
        columns = ["row", "image_id", "label", "split"]
        pd.testing.assert_frame_equal(predictions[columns], expected[columns])
        probabilities = predictions.filter(like="p_")
        assert probabilities.shape[1] == 7
        assert probabilities.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-6)


def test_the_ledger_tells_each_opening_of_the_test_set_and_each_trial(unbroken: Path) -> None:
    lines = read_ledger(unbroken / "ledger.jsonl")
    openings = [x for x in lines if x.event == "test-opened"]
    scored = [(x.variant, x.seed) for x in openings if x.purpose == "score"]
    assert sorted(scored) == sorted((name, seed) for name in VARIANTS for seed in (0, 1))
    explained = [(x.variant, x.seed) for x in openings if x.purpose == "explain"]
    assert sorted(explained) == sorted((name, 0) for name in VARIANTS if name != "majority")
    assert len(openings) == len(scored) + len(explained)
    trials = [(x.variant, x.number) for x in lines if x.event == "trial"]
    assert len(trials) == len(set(trials)) == 3 + 3
    assert [x.event for x in lines].count("pretrain") == 1


def test_the_test_set_is_opened_after_the_last_fit(unbroken: Path) -> None:
    events = [line.event for line in read_ledger(unbroken / "ledger.jsonl")]
    assert max(i for i, e in enumerate(events) if e == "fit") < events.index("test-opened")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_no_number(
    unbroken: Path, protocol: Path, tmp_path: Path, workers: int
) -> None:
    done = ferbench("run", protocol, "--out", tmp_path / "run", "--workers", workers)
    assert done.status == 0, done.err
    assert numbers(tmp_path / "run") == numbers(unbroken)


@pytest.mark.slow
def test_a_run_killed_in_tuning_and_in_a_final_fit_ends_in_the_same_numbers(
    unbroken: Path, tmp_path: Path
) -> None:
    """One of its variants alone, under 2 workers and at last 3: none of that decides a number."""
    run, protocol = tmp_path / "run", tmp_path / "alone.toml"
    header = TINY.partition("[[variants]]")[0]
    protocol.write_text(header + '[[variants]]\narchitecture = "emotionnet"\n', "utf-8")
    command = ("run", protocol, "--out", run, "--workers")
    kill_when(lambda: len(list(run.glob("work/emotionnet/trial-*/rung-1.json"))) >= 1, *command, 2)
    assert not list(run.glob("fits/emotionnet/seed-*/fit.json"))
    kill_when(lambda: len(list(run.glob("fits/emotionnet/seed-*/fit.json"))) >= 1, *command, 2)
    assert not list(run.glob("fits/*/seed-*/predictions.parquet"))
    done = ferbench(*command, 3)
    assert done.status == 0, done.err
    whole, alone = numbers(unbroken), numbers(run)
    assert alone["tuning"] == {"emotionnet": whole["tuning"]["emotionnet"]}
    assert alone["fits"] == {
        f"emotionnet {seed}": whole["fits"][f"emotionnet {seed}"] for seed in (0, 1)
    }
    trials = [
        (line.variant, line.number)
        for line in read_ledger(run / "ledger.jsonl")
        if line.event == "trial"
    ]
    assert len(trials) == len(set(trials))


def test_an_interrupt_says_how_to_go_on(protocol: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    moment = lambda: (run / "work").is_dir()  # noqa: E731
    assert stop_when(moment, signal.SIGINT, "run", protocol, "--out", run) == 130


def test_a_finished_run_is_not_trained_again(
    unbroken: Path, protocol: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    before = {p: p.stat().st_mtime_ns for p in run.glob("fits/*/seed-*/*")}
    ledger = (run / "ledger.jsonl").read_text()
    files = ("manifest.json", "leaderboard.html", "log.txt")
    told = {name: (run / name).read_bytes() for name in files}
    moved = ferbench("run", protocol, "--out", run)
    assert moved.status == 0, moved.err
    assert {p: p.stat().st_mtime_ns for p in run.glob("fits/*/seed-*/*")} == before
    assert (run / "ledger.jsonl").read_text() == ledger
    assert {name: (run / name).read_bytes() for name in files} == told


def test_another_protocol_in_the_same_folder_is_refused_by_name(
    unbroken: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "tiny.toml"
    changed.write_text(TINY.replace("epochs = 3", "epochs = 4"), "utf-8")
    done = ferbench("run", changed, "--out", unbroken)
    assert done.status == 2
    assert "fit.epochs is 4 here and 3 there" in done.err
    assert "--out" in done.err


def test_a_report_is_rendered_again_from_the_predictions(unbroken: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    before = pd.read_csv(run / "leaderboard.csv")
    for file in run.glob("leaderboard.*"):
        file.unlink()
    assert ferbench_here("report", run).status == 0
    pd.testing.assert_frame_equal(pd.read_csv(run / "leaderboard.csv"), before)
    assert (run / "leaderboard.html").is_file()


@pytest.mark.slow
def test_weights_that_cannot_be_had_end_in_a_row_that_says_so(tmp_path: Path) -> None:
    protocol = tmp_path / "offline.toml"
    header = SMALL.partition("[robustness]")[0].replace("[3, 7]", "[3]")
    protocol.write_text(
        f'{header}[[variants]]\narchitecture = "majority"\n'
        '[[variants]]\narchitecture = "timm:resnet10t"\n'
        'initialisation = "imagenet"\ninput_size = 32\n',
        "utf-8",
    )
    run = tmp_path / "run"
    done = ferbench("run", protocol, "--out", run, FERBENCH_OFFLINE="1")
    assert done.status == 1
    status = json.loads((run / "status.json").read_text())
    row = status["timm:resnet10t.imagenet.fine-tune@32"]
    assert row["status"] == "not run"
    assert "file:PATH" in row["reason"]
    assert status["majority"]["status"] == "ok"
    assert status["timm:resnet10t.scratch@32"]["status"] == "ok"
    assert "not run" in (run / "leaderboard.html").read_text("utf-8")


@pytest.mark.slow
def test_a_model_of_another_run_is_where_a_variant_can_start(
    unbroken: Path, tmp_path: Path
) -> None:
    protocol = tmp_path / "onward.toml"
    header = "controls = false\n" + SMALL.partition("[robustness]")[0].replace("[3, 7]", "[3]")
    protocol.write_text(
        f'{header}[[variants]]\narchitecture = "emotionnet"\n'
        f'initialisation = "run:{unbroken}/emotionnet"\n'
        '[[variants]]\narchitecture = "plain-cnn"\n'
        f'initialisation = "run:{unbroken}/plain-cnn"\n',
        "utf-8",
    )
    run = tmp_path / "run"
    assert ferbench("run", protocol, "--out", run).status == 1
    status = json.loads((run / "status.json").read_text())
    assert status["emotionnet.run"]["status"] == "ok"
    assert status["plain-cnn.run"]["status"] == "not run"
    assert "no such file" in status["plain-cnn.run"]["reason"]
