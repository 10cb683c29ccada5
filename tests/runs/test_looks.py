"""What a run is asked beyond its score: where it looks, and corrupted images; and its pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.store.files import json_values
from benchmarks.store.ledger import read_ledger
from tests.runs.commands import SMALL, ferbench, ferbench_here

VARIANTS, WITH_MAPS = 4, 2
ASKED = "[robustness]\nimages = 20\n"


def models(run: Path) -> dict[str, int]:
    """Return when each fit and each score was written."""
    files = [*run.glob("fits/*/*/fit.json"), *run.glob("fits/*/*/predictions.parquet")]
    return {str(file): file.stat().st_mtime_ns for file in files}


def test_every_fit_is_scored_under_corruptions_and_networks_have_maps(small: Path) -> None:
    tables = sorted(small.glob("fits/*/*/robustness.parquet"))
    assert [len(pd.read_parquet(table)) for table in tables] == [20] * 2 * VARIANTS
    assert len(list(small.glob("fits/*/seed-3/attention.npz"))) == WITH_MAPS
    assert not list(small.glob("fits/*/seed-7/attention.npz"))
    assert json_values((small / "manifest.json").read_bytes())["protocol"]["robustness"] == {
        "images": 20
    }


def test_each_purpose_opens_the_test_set_once_for_a_fit(small: Path) -> None:
    lines = [x for x in read_ledger(small / "ledger.jsonl") if x.event == "test-opened"]
    opened = [(line.variant, line.seed, line.purpose) for line in lines]
    assert len(opened) == len(set(opened)) == 2 * VARIANTS + WITH_MAPS + 2 * VARIANTS


def test_a_network_without_a_map_is_told_and_never_opens_the_test_set(small: Path) -> None:
    lines = read_ledger(small / "ledger.jsonl")
    assert {x.variant for x in lines if x.event == "fallback"} == {"two-faced"}
    asked = {x.variant for x in lines if x.event == "test-opened" and x.purpose == "explain"}
    assert asked == {"emotionnet", "timm:resnet10t.scratch@32"}


def test_the_page_has_pictures_and_verifies_and_none_without_images(
    small: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(small, tmp_path / "run"))
    page = run / "leaderboard.html"
    assert "data:image" in page.read_text("utf-8")
    assert ferbench_here("verify", run).status == 0
    assert ferbench_here("report", run, "--no-images").status == 0
    assert "data:image" not in page.read_text("utf-8")
    assert ferbench_here("verify", run).status == 0


@pytest.mark.slow
def test_a_finished_run_takes_up_corruptions_and_trains_nothing_again(
    small_protocol: Path, tmp_path: Path
) -> None:
    run, file, plugin = tmp_path / "run", tmp_path / "looks.toml", small_protocol.parent / "p.py"
    before: dict[str, int] = {}
    for asked, images in (("", set()), (ASKED, {20}), (ASKED.replace("20", "30"), {30})):
        file.write_text(SMALL.replace(ASKED, asked), "utf-8")
        done = ferbench("run", file, "--out", run, "--plugin", plugin)
        assert done.status == 0, done.err
        tables = run.glob("fits/*/*/robustness.parquet")
        assert {len(pd.read_parquet(table)) for table in tables} == images
        before = before or models(run)
        assert models(run) == before
