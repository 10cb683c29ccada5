"""A checkpoint is gone on from as it was written, by the training that wrote it, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from benchmarks.training.checkpoint import (
    FILE,
    Checkpoint,
    EpochRecord,
    TrainingProgress,
    is_spoilt,
)
from models.registry import ModelError

EPOCH = EpochRecord(
    epoch=1,
    images_seen=8,
    learning_rate=1e-3,
    train_loss=2.0,
    train_accuracy=0.1,
    validation={"log_loss": 2.0},
    seconds=1.0,
)
PROGRESS = TrainingProgress(
    history=(EPOCH, replace(EPOCH, epoch=2)),
    weights={"head/kernel": np.arange(6, dtype=np.float32)},
    best_weights={"head/kernel": np.zeros(6, np.float32)},
    optimizer_state={"0000": np.ones(6, np.float32)},
)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def replace_weights(file: Path) -> None:
    """Write other weights with what else the file tells, as another program may."""
    arrays = load_file(file)
    save_file({name: array + 1 for name, array in arrays.items()}, file)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit flipped": flip,
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "emptied": lambda file: file.write_bytes(b""),
    "no safetensors": lambda file: file.write_bytes(b"something else"),
    "other weights": replace_weights,
}


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoint:
    checkpoint = Checkpoint(tmp_path / "checkpoint-a", {"seed": 0})
    checkpoint.save(PROGRESS)
    return checkpoint


def test_what_was_saved_comes_back(kept: Checkpoint) -> None:
    found = kept.load()
    assert found is not None
    assert found.history == PROGRESS.history
    for part in ("weights", "best_weights", "optimizer_state"):
        ours, theirs = getattr(found, part), getattr(PROGRESS, part)
        assert {name: array.tolist() for name, array in ours.items()} == {
            name: array.tolist() for name, array in theirs.items()
        }
    assert not is_spoilt(kept.folder)
    assert [file.name for file in kept.folder.iterdir()] == [FILE]


@pytest.mark.parametrize("damage", DAMAGES)
def test_one_that_is_not_as_written_is_none_and_known_as_such(
    kept: Checkpoint, damage: str
) -> None:
    DAMAGES[damage](kept.folder / FILE)
    assert kept.load() is None
    assert is_spoilt(kept.folder)


def test_that_of_another_training_is_refused(kept: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="belongs to another training; delete it"):
        Checkpoint(kept.folder, {"seed": 1}).load()
    other = Path(shutil.copytree(kept.folder, tmp_path / "checkpoint-b"))
    with pytest.raises(ModelError, match="belongs to another training; delete it"):
        Checkpoint(other, {"seed": 0}).load()


def test_where_there_is_none_nothing_is_spoilt(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path, {}).load() is None
    assert not is_spoilt(tmp_path)
