"""A smallest protocol, and protocols from text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.protocol.reading import load_protocol
from benchmarks.protocol.schema import Protocol

MINIMAL = """
name = "mine"
[data]
set = "synthetic-faces"
[tuning]
trials = 2
rungs = [1]
[fit]
epochs = 1
[[variants]]
architecture = "majority"
"""


def load(tmp_path: Path, text: str) -> Protocol:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return load_protocol(str(path))


CONTENT: dict[str, Any] = {
    "name": "mine",
    "data": {"set": "synthetic-faces"},
    "source": {"set": "synthetic-faces", "epochs": 2},
    "tuning": {"trials": 4, "rungs": [1, 3]},
    "fit": {"epochs": 5},
    "variants": [{"architecture": "plain-cnn"}],
}
