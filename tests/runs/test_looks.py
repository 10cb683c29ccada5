"""A finished run takes up [robustness] without training again; its page has pictures or none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.store.files import read_json
from benchmarks.store.ledger import read_ledger
from tests.runs.commands import SMALL, ferbench, ferbench_here

VARIANTS, WITH_MAPS = 4, 2
ADDED = "[robustness]\nimages = 20\n[[variants]]"


def go_on(run: Path, protocol: str, plugin: Path) -> None:
    file = run.parent / "looks.toml"
    file.write_text(protocol, "utf-8")
    done = ferbench("run", file, "--out", run, "--plugin", plugin)
    assert done.status == 0, done.err


@pytest.fixture(scope="module")
def plugin(small_protocol: Path) -> Path:
    return small_protocol.parent / "p.py"


@pytest.fixture(scope="module")
def run(small: Path, plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was finished without [robustness] and then gone on with."""
    run = Path(shutil.copytree(small, tmp_path_factory.mktemp("looks") / "run"))
    before = models(run)
    assert not list(run.glob("fits/*/*/robustness.parquet"))
    go_on(run, SMALL.replace("[[variants]]", ADDED, 1), plugin)
    assert models(run) == before
    return run


def models(run: Path) -> dict[str, int]:
    """Return when each fit and each score was written."""
    files = [*run.glob("fits/*/*/fit.json"), *run.glob("fits/*/*/predictions.parquet")]
    return {str(file): file.stat().st_mtime_ns for file in files}


def test_every_fit_is_scored_under_corruptions_and_networks_have_maps(run: Path) -> None:
    tables = sorted(run.glob("fits/*/*/robustness.parquet"))
    assert [len(pd.read_parquet(table)) for table in tables] == [20] * 2 * VARIANTS
    assert len(list(run.glob("fits/*/seed-3/attention.npz"))) == WITH_MAPS
    assert not list(run.glob("fits/*/seed-7/attention.npz"))
    assert read_json(run / "manifest.json")["protocol"]["robustness"] == {"images": 20}


def test_each_purpose_opens_the_test_set_once_for_a_fit(run: Path) -> None:
    lines = [x for x in read_ledger(run / "ledger.jsonl") if x.event == "test-opened"]
    opened = [(line.variant, line.seed, line.purpose) for line in lines]
    assert len(opened) == len(set(opened)) == 2 * VARIANTS + WITH_MAPS + 2 * VARIANTS


def test_a_network_without_a_map_is_told_and_never_opens_the_test_set(run: Path) -> None:
    lines = read_ledger(run / "ledger.jsonl")
    assert {x.variant for x in lines if x.event == "fallback"} == {"two-faced"}
    asked = {x.variant for x in lines if x.event == "test-opened" and x.purpose == "explain"}
    assert asked == {"emotionnet", "timm:resnet10t.scratch@32"}


def test_the_page_has_pictures_and_verifies_and_none_without_images(run: Path) -> None:
    page = run / "leaderboard.html"
    assert "data:image" in page.read_text("utf-8")
    assert ferbench_here("verify", run).status == 0
    assert ferbench_here("report", run, "--no-images").status == 0
    assert "data:image" not in page.read_text("utf-8")
    assert ferbench_here("verify", run).status == 0


@pytest.mark.slow
def test_other_images_are_asked_for_anew_and_the_rest_is_not(run: Path, plugin: Path) -> None:
    before = models(run)
    go_on(run, SMALL.replace("[[variants]]", ADDED.replace("20", "30"), 1), plugin)
    tables = run.glob("fits/*/*/robustness.parquet")
    assert {len(pd.read_parquet(table)) for table in tables} == {30}
    assert models(run) == before
