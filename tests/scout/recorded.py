"""Scouting results that nobody measured."""

from __future__ import annotations

from benchmarks.machine.environment import Environment
from benchmarks.scout.records import ScoutedRow, ScoutRecord, ScoutRow

SHA = "0" * 64


def scouted(
    architecture: str,
    initialisation: str = "imagenet",
    size: int = 48,
    *,
    accuracy: float,
    logme: float = -0.3,
) -> ScoutedRow:
    return ScoutedRow(
        architecture=architecture,
        initialisation=initialisation,
        input_size=size,
        weights_sha256=SHA if initialisation not in ("", "scratch") else "",
        features=512,
        accuracy=accuracy,
        accuracy_se=0.01,
        behind=0.0,
        behind_se=None,
        logme=logme,
        seconds=1.0,
    )


def record(*rows: ScoutRow) -> ScoutRecord:
    return ScoutRecord(
        measured="2024-05-01T10:00:00+00:00",
        data="faces",
        data_digest="",
        sample="",
        images=5000,
        training_images=28709,
        folds=5,
        environment=Environment(),
        device="CPU",
        threads=1,
        seconds=60.0,
        rows=rows,
    )
