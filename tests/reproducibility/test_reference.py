"""The runs that are kept with the project hold, and give their numbers to whoever has the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.store.files import json_values
from benchmarks.store.kept import is_kept
from models.floors import FLOORS
from tests.runs.commands import ferbench_here

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
KEPT = sorted(folder for folder in REFERENCE.iterdir() if is_kept(folder))


@pytest.mark.parametrize("folder", KEPT, ids=lambda folder: folder.name)
def test_every_digest_and_key_of_it_holds(folder: Path) -> None:
    done = ferbench_here("verify", folder)
    assert done.status == 0, done.out + done.err


@pytest.mark.slow
@pytest.mark.parametrize("folder", KEPT, ids=lambda folder: folder.name)
def test_every_number_of_it_is_recomputed_from_the_data(folder: Path, fer2013_zip: Path) -> None:
    done = ferbench_here("verify", folder, "--data", fer2013_zip)
    assert done.status == 0, done.out + done.err
    assert "every number and every digest holds" in done.out + done.err


def test_fer2013_lite_shows_what_it_is_for() -> None:
    """Networks that learn, and transfer that gains beside its control."""
    board = json_values((REFERENCE / "fer2013-lite" / "leaderboard.json").read_bytes())
    accuracy = {row["variant"]: row["accuracy"] for row in board}
    assert {row["status"] for row in board} == {"ok"}
    assert max(accuracy.values()) >= 0.6
    floor = accuracy["pixel-logistic"]
    assert all(reached > floor for name, reached in accuracy.items() if name not in FLOORS)
    lite = "timm:tf_efficientnet_lite0"
    assert accuracy[f"{lite}.imagenet.fine-tune@64"] > accuracy[f"{lite}.scratch@64"] + 0.1
    assert accuracy["vgg16.edges.fine-tune@32"] > accuracy["vgg16.scratch@32"]
