"""A finished run takes up [robustness] without training again; its page has pictures or none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.store import read_json, read_ledger
from tests.runs.commands import ferbench

PROTOCOL = """
name = "looks"
[data]
set = "synthetic-faces"
options = { scale = 0.1 }
[tuning]
trials = 1
rungs = [1]
[fit]
epochs = 1
[[variants]]
architecture = "pixel-logistic"
[[variants]]
architecture = "plain-cnn"
[[variants]]
architecture = "timm:resnet10t"
input_size = 48
"""
ADDED = "[robustness]\nimages = 20\n[[variants]]"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was finished without [robustness] and then gone on with."""
    place = tmp_path_factory.mktemp("looks")
    (place / "looks.toml").write_text(PROTOCOL, "utf-8")
    done = ferbench("run", place / "looks.toml", "--out", place / "run")
    assert done.status == 0, done.err
    assert not list(place.glob("run/fits/*/*/robustness.parquet"))
    before = models(place / "run")
    (place / "looks.toml").write_text(PROTOCOL.replace("[[variants]]", ADDED, 1), "utf-8")
    done = ferbench("run", place / "looks.toml", "--out", place / "run")
    assert done.status == 0, done.err
    assert models(place / "run") == before
    return place / "run"


def models(run: Path) -> dict[str, int]:
    """Return when each fit and each score was written."""
    files = [*run.glob("fits/*/*/fit.json"), *run.glob("fits/*/*/predictions.parquet")]
    return {str(file): file.stat().st_mtime_ns for file in files}


def test_every_fit_is_scored_under_corruptions_and_networks_have_maps(run: Path) -> None:
    tables = sorted(run.glob("fits/*/seed-0/robustness.parquet"))
    assert [len(pd.read_parquet(table)) for table in tables] == [20] * 3
    assert len(list(run.glob("fits/*/seed-0/attention.npz"))) == 2
    assert read_json(run / "manifest.json")["protocol"]["robustness"] == {"images": 20}


def test_each_purpose_opens_the_test_set_once_for_a_fit(run: Path) -> None:
    lines = [x for x in read_ledger(run / "ledger.jsonl") if x["event"] == "test-opened"]
    opened = [(line["variant"], line["purpose"]) for line in lines]
    assert len(opened) == len(set(opened)) == 3 + 2 + 3
    assert not [x for x in read_ledger(run / "ledger.jsonl") if x["event"] == "fallback"]


def test_the_page_has_pictures_and_verifies_and_none_without_images(run: Path) -> None:
    page = run / "leaderboard.html"
    assert "data:image" in page.read_text("utf-8")
    assert ferbench("verify", run).status == 0
    assert ferbench("report", run, "--no-images").status == 0
    assert "data:image" not in page.read_text("utf-8")
    assert ferbench("verify", run).status == 0


def test_other_images_are_asked_for_anew_and_the_rest_is_not(run: Path) -> None:
    before = models(run)
    protocol = run.parent / "looks.toml"
    more = PROTOCOL.replace("[[variants]]", ADDED.replace("20", "30"), 1)
    protocol.write_text(more, "utf-8")
    assert ferbench("run", protocol, "--out", run).status == 0
    tables = run.glob("fits/*/seed-0/robustness.parquet")
    assert {len(pd.read_parquet(table)) for table in tables} == {30}
    assert models(run) == before
