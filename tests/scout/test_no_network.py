"""Scouting takes the file that lies in the hub's cache, and asks no hub about it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.hub import hub_file
from tests.runs.network import Watched

MAKE = """
import sys, timm
from safetensors.torch import save_file
save_file(timm.create_model("resnet10t").state_dict(), sys.argv[1])
"""
TAG = "resnet10t.c3_in1k"


@pytest.mark.slow
def test_weights_in_the_hubs_cache_are_scouted_without_a_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hub_file(tmp_path / "hub", TAG, b"")
    subprocess.run([sys.executable, "-c", MAKE, file], check=True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FERBENCH_OFFLINE", raising=False)
    (tmp_path / "watch").mkdir()
    watched, found = Watched(tmp_path / "watch"), tmp_path / "found.json"
    watched.ferbench(
        ("scout", "synthetic-faces", f"timm:{TAG}", "--size", 32, "--images", 60, "-o", found)
    )
    assert (watched.attempts, watched.unroutable) == ([], 0)
    rows = {row["initialisation"]: row for row in json.loads(found.read_text("utf-8"))["rows"]}
    assert rows["imagenet"]["weights_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert rows["imagenet"]["status"] == rows["scratch"]["status"] == "ok"
