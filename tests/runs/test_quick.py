"""The preset `quick` from end to end, with its time limits on two cores."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.runs.commands import ferbench

pytestmark = pytest.mark.slow


@pytest.mark.timeout(2400)
def test_quick_ends_in_time_and_shows_what_transfer_gains(tmp_path: Path) -> None:
    seconds = []
    for folder in ("first", "second"):
        started = time.monotonic()
        done = ferbench("run", "quick", "--out", tmp_path / folder, FERBENCH_CACHE=str(tmp_path))
        seconds.append(time.monotonic() - started)
        assert done.status == 0, done.err
    assert seconds[0] < 600
    assert seconds[1] < 360
    rows = json.loads((tmp_path / "first" / "leaderboard.json").read_text("utf-8"))
    accuracy = {row["variant"]: row["accuracy"] for row in rows}
    for network in ("vgg16", "resnet50"):
        assert accuracy[f"{network}.source.fine-tune@32"] > accuracy[f"{network}.scratch@32"]
