"""From a folder of images to a leaderboard: the file that `ferbench init` writes is run."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.store.reading import read_statuses
from tests.datasets.samples import write_classes
from tests.runs.commands import ferbench

NAMES = {'happy "x"': 25, "sad\\n": 25, "überrascht": 25}


@pytest.mark.slow
def test_the_written_protocol_runs(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "faces ü", NAMES, size=(20, 24))
    file = tmp_path / "mine.toml"
    done = ferbench("init", folder, "-o", file, "--no-measure")
    assert done.status == 0, done.err
    text = file.read_text("utf-8")
    for key, value in {"trials": "1", "rungs": "[1]", "epochs": "1", "seeds": "[0]"}.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        assert count == 1, key
    file.write_text(text, "utf-8")
    run = tmp_path / "run"
    done = ferbench("run", file, "--out", run, FERBENCH_OFFLINE="1")
    assert done.status == 1, "only the row whose weights cannot be had is not run"
    status = read_statuses(run)
    not_run = [name for name, row in status.items() if row.status != "ok"]
    assert not_run == ["timm:resnet18.imagenet.fine-tune@32"]
    board = pd.read_csv(run / "leaderboard.csv")
    assert (board["status"] == "ok").sum() == 5
    assert (run / "leaderboard.html").is_file()
