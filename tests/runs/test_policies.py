"""What a protocol says about duplicates is done to the split, and told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.store.reading import read_run
from tests.datasets import samples
from tests.runs.commands import Done, ferbench

PROTOCOL = """
name = "policy"
[data]
set = "image-folder"
duplicates = "{policy}"
[tuning]
trials = 1
rungs = [1]
[fit]
epochs = 1
[[variants]]
architecture = "majority"
"""


def carry_out(policy: str, data: Path, run: Path) -> Done:
    protocol = run.with_suffix(".toml")
    protocol.write_text(PROTOCOL.format(policy=policy), "utf-8")
    return ferbench("run", protocol, "--data", data, "--out", run)


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """Official splits in which two test images are also training images."""
    folder = tmp_path / "leaky"
    for split, first in (("train", 0), ("val", 10_000), ("test", 20_000)):
        for offset, name in enumerate(("happy", "sad")):
            for number in range(12):
                image = samples.noise(first + 100 * offset + number)
                samples.write_image(folder / split / name / f"{number}.png", image)
    for number in (3, 4):
        shutil.copy(folder / f"train/sad/{number}.png", folder / f"test/sad/{number}.png")
    return folder


@pytest.mark.parametrize(
    ("policy", "train"),
    [pytest.param("keep", 24, marks=pytest.mark.slow), ("drop-train-duplicates", 22)],
)
def test_a_run_trains_on_what_its_policy_leaves(policy, train, leaky, tmp_path):
    run = tmp_path / "run"
    done = carry_out(policy, leaky, run)
    assert done.status == 0, done.err
    splits = pd.read_parquet(run / "splits.parquet")
    assert splits["split"].value_counts().to_dict() == {
        "train": train,
        "validation": 24,
        "test": 24,
    }
    shared = set(splits.loc[splits["split"] == "train", "image_id"]) & set(
        splits.loc[splits["split"] == "test", "image_id"]
    )
    assert len(shared) == train - 22
    found = read_run(run).audit
    assert found is not None
    assert found.policy == policy
    assert found.duplicates.test_images["train"] == train - 22
    assert f"Policy for duplicates: {policy}" in (run / "leaderboard.html").read_text("utf-8")


def test_grouping_keeps_a_subject_on_one_side(tmp_path):
    folder = tmp_path / "ck"
    for person in range(24):
        for frame in range(6):
            name = f"S{person:03}_001_{frame:08}.png"
            image = samples.noise(100 * person + frame)
            samples.write_image(folder / ("happy", "sad")[frame % 2] / name, image)
    done = carry_out("group", folder, tmp_path / "run")
    assert done.status == 0, done.err
    splits = pd.read_parquet(tmp_path / "run" / "splits.parquet")
    subject = splits["path"].str.extract(r"(S\d{3})")[0]
    assert (splits.groupby(subject)["split"].nunique() == 1).all()
    assert set(splits["split"]) == {"train", "validation", "test"}
    audit = json.loads((tmp_path / "run" / "audit.json").read_text("utf-8"))
    assert audit["subjects"]["naming"] == "CK+"
    assert audit["subjects"]["in_several_splits"] == 0


def test_grouping_an_official_split_is_refused_in_one_line(leaky, tmp_path):
    done = carry_out("group", leaky, tmp_path / "run")
    assert done.status == 2
    (line,) = [line for line in done.err.splitlines() if line.strip()]
    assert "has an official split" in line
