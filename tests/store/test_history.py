"""The history of a fit is read as it was written, and those of other versions too."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.store.folder import FitFolder
from benchmarks.store.history import history_of, write_history
from benchmarks.training.checkpoint import EpochRecord

EPOCHS = tuple(
    EpochRecord(
        epoch=epoch,
        images_seen=100 * epoch,
        learning_rate=1e-3,
        train_loss=1.5,
        train_accuracy=0.25,
        validation={"accuracy": 0.5, "macro_f1": 0.125, "log_loss": 1.25},
        seconds=2.5,
    )
    for epoch in (1, 2)
)


def read(place: Path) -> tuple[EpochRecord, ...]:
    path = FitFolder(place).history
    return history_of(path.read_bytes(), path)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_history(tmp_path, EPOCHS)
    assert read(tmp_path) == EPOCHS
    columns = FitFolder(tmp_path).history.read_text("utf-8").splitlines()[0].split(",")
    assert columns[:5] == ["epoch", "images_seen", "learning_rate", "train_loss", "train_accuracy"]
    assert columns[5:] == [
        "validation_loss",
        "validation_accuracy",
        "validation_macro_f1",
        "seconds",
    ]


def test_a_metric_of_another_version_is_left_out(tmp_path: Path) -> None:
    write_history(tmp_path, EPOCHS)
    table = pd.read_csv(FitFolder(tmp_path).history)
    other = table.drop(columns="validation_macro_f1").assign(validation_kappa=0.5)
    other.to_csv(FitFolder(tmp_path).history, index=False)
    assert read(tmp_path)[0].validation == {"accuracy": 0.5, "log_loss": 1.25}


@pytest.mark.parametrize("content", ["", "epoch\n1\n", 'epoch,"images\n'])
def test_a_damaged_one_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    FitFolder(tmp_path).history.write_text(content, "utf-8")
    with pytest.raises(InputError, match=r"history.csv: not readable as CSV") as raised:
        read(tmp_path)
    assert "\n" not in str(raised.value)
