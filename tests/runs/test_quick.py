"""The preset `quick` from end to end: what its page is there to show."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.evaluation.guessing import did_not_learn
from benchmarks.store.reading import read_run
from tests.runs.commands import ferbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """Return the folder of the tour and the seconds that it took."""
    folder = tmp_path_factory.mktemp("quick")
    started = time.monotonic()
    done = ferbench("run", "quick", "--out", folder / "run", FERBENCH_CACHE=str(folder / "cache"))
    assert done.status == 0, done.err
    return folder / "run", time.monotonic() - started


@pytest.fixture(scope="module")
def rows(quick: tuple[Path, float]) -> dict[str, dict[str, Any]]:
    board = json.loads((quick[0] / "leaderboard.json").read_text("utf-8"))
    return {row["variant"]: row for row in board}


def test_networks_learn_what_a_linear_model_cannot(rows: dict[str, dict[str, Any]]) -> None:
    assert max(row["accuracy"] for row in rows.values()) >= 0.75
    assert rows["plain-cnn"]["accuracy"] >= rows["pixel-logistic"]["accuracy"] + 0.15


def test_every_network_learns(quick: tuple[Path, float]) -> None:
    run = read_run(quick[0])
    assert [each.name for each in run.ranked if did_not_learn(run, each)] == []


def test_transfer_shows_beside_its_controls(rows: dict[str, dict[str, Any]]) -> None:
    edges, scratch = rows["vgg16.edges.fine-tune@32"], rows["vgg16.scratch@32"]
    assert edges["accuracy_low"] > scratch["accuracy_high"]
    assert {"timm:resnet10t.source.fine-tune@32", "timm:resnet10t.scratch@32"} <= set(rows)


def test_the_same_command_again_trains_nothing(quick: tuple[Path, float]) -> None:
    folder, seconds = quick
    before = {path: path.stat().st_mtime_ns for path in folder.glob("fits/**/*")}
    started = time.monotonic()
    done = ferbench("run", "quick", "--out", folder, FERBENCH_CACHE=str(folder.parent / "cache"))
    assert done.status == 0, done.err
    assert {path: path.stat().st_mtime_ns for path in folder.glob("fits/**/*")} == before
    assert time.monotonic() - started < seconds / 4
