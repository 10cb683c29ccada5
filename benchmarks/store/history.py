"""The history of a fit, ``history.csv``: a row for each epoch of its training."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.errors import InputError
from benchmarks.metrics import selecting
from benchmarks.store.folder import FitFolder
from benchmarks.training.checkpoint import EpochRecord


def write_history(place: Path, history: Sequence[EpochRecord]) -> None:
    """Write ``history.csv`` into the folder of a fit."""
    rows = [_row(record) for record in history]
    pd.DataFrame(rows).to_csv(FitFolder(place).history, index=False)


def history_of(content: bytes, path: Path) -> tuple[EpochRecord, ...]:
    """Return the epochs in the ``history.csv`` at ``path``; raises ``InputError``.

    Of a history that another version wrote, metrics that are unknown here or there are left out.
    """
    try:
        return tuple(_epoch(row) for row in pd.read_csv(io.BytesIO(content)).to_dict("records"))
    except (ValueError, KeyError) as error:
        raise InputError(f"{path}: not readable as CSV: {error}") from error


def _row(record: EpochRecord) -> Mapping[str, float]:
    """Return the columns of an epoch; validation's losses come before its other metrics."""
    validated = sorted(selecting(), key=lambda metric: metric.higher_is_better)
    return {
        "epoch": record.epoch,
        "images_seen": record.images_seen,
        "learning_rate": record.learning_rate,
        "train_loss": record.train_loss,
        "train_accuracy": record.train_accuracy,
        **{
            metric.validated_as: record.validation[metric.name]
            for metric in validated
            if metric.name in record.validation
        },
        "seconds": record.seconds,
    }


def _epoch(row: Mapping[Any, Any]) -> EpochRecord:
    return EpochRecord(
        epoch=int(row["epoch"]),
        images_seen=int(row["images_seen"]),
        learning_rate=row["learning_rate"],
        train_loss=row["train_loss"],
        train_accuracy=row["train_accuracy"],
        validation={
            metric.name: row[metric.validated_as]
            for metric in selecting()
            if metric.validated_as in row
        },
        seconds=row["seconds"],
    )
