"""Variants with costs, among which there is something to choose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.protocol.names import slug
from benchmarks.store.files import write_values
from tests.folder import Row

COSTS = {
    "best": (10_000_000, 20.0),
    "twin": (1_000_000, 30.0),
    "small twin": (500_000, 5.0),
    "weak": (100_000, 1.0),
    "guess": (10, 0.1),
}
ROWS = (
    Row(name="best", skill=0.83),
    Row(name="twin", skill=0.77),
    Row(name="small twin", skill=0.74),
    Row(name="weak", skill=0.3),
    Row(name="guess", skill=0.0, engine="scikit-learn"),
    Row(name="outside", skill=1.5, engine="external"),
    Row(name="lost", status="failed", reason="out of memory"),
)


def spend(folder: Path, variant: str, **cost: Any) -> None:
    path = folder / "fits" / slug(variant) / "cost.json"
    write_values(path, json.loads(path.read_text()) | cost)
