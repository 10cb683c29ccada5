"""Writes the files of a results folder, each from its record and whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter

from benchmarks.store.files import write_arrays, write_json, write_table
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.records import (
    CostRecord,
    ExplainRecord,
    FitRecord,
    Manifest,
    RobustnessRecord,
    TrialRecord,
    VariantOutcome,
)
from datasets.audit import Audit, to_json

MANIFEST = TypeAdapter(Manifest)
STATUSES = TypeAdapter(Mapping[str, VariantOutcome])
STUDIES = TypeAdapter(Mapping[str, Sequence[TrialRecord]])
FIT = TypeAdapter(FitRecord)
COST = TypeAdapter(CostRecord)
EXPLAIN = TypeAdapter(ExplainRecord)
ROBUSTNESS = TypeAdapter(RobustnessRecord)


def write_manifest(folder: RunFolder, manifest: Manifest) -> None:
    """Write ``manifest.json``."""
    write_json(folder.manifest, MANIFEST.dump_python(manifest, mode="json"))


def write_audit(folder: RunFolder, audit: Audit) -> None:
    """Write ``audit.json``."""
    write_json(folder.audit, to_json(audit))


def write_splits(folder: RunFolder, images: pd.DataFrame) -> None:
    """Write ``splits.parquet``: ``row``, ``image_id``, ``path``, ``label`` and ``split``."""
    write_table(folder.splits, images)


def write_statuses(folder: RunFolder, statuses: Mapping[str, VariantOutcome]) -> None:
    """Write ``status.json``: how each variant ended, by its name."""
    write_json(folder.status, STATUSES.dump_python(statuses, mode="json"))


def write_studies(folder: RunFolder, studies: Mapping[str, Sequence[TrialRecord]]) -> None:
    """Write ``tuning.json``: the trials of each variant, by its name."""
    write_json(folder.tuning, STUDIES.dump_python(studies, mode="json"))


def write_fit(place: Path, record: FitRecord) -> None:
    """Write ``fit.json`` into the folder of a fit, ``place``."""
    write_json(FitFolder(place).record, FIT.dump_python(record, mode="json"))


def write_history(place: Path, history: pd.DataFrame) -> None:
    """Write ``history.csv``, a row for each epoch, into the folder of a fit."""
    history.to_csv(FitFolder(place).history, index=False)


def write_cost(path: Path, record: CostRecord) -> None:
    """Write a variant's ``cost.json`` at ``path``."""
    write_json(path, COST.dump_python(record, mode="json"))


def write_predictions(
    path: Path,
    images: pd.DataFrame,
    probabilities: NDArray[np.float64],
    names: Sequence[str],
    key: str,
) -> None:
    """Write ``predictions.parquet`` at ``path`` under ``key``.

    ``images`` has ``row``, ``image_id``, ``label`` and ``split``; ``probabilities`` are N×K in the
    same order, K as ``names``.
    """
    table = images[["row", "image_id", "label", "split"]].reset_index(drop=True)
    columns = {f"p_{name}": probabilities[:, place] for place, name in enumerate(names)}
    table = pd.concat([table, pd.DataFrame(columns)], axis=1)
    table.attrs = {"key": key}
    write_table(path, table)


def write_attention(
    path: Path,
    rows: NDArray[np.int64],
    answers: NDArray[np.int64],
    maps: NDArray[np.floating[Any]],
    record: ExplainRecord,
) -> None:
    """Write ``attention.npz`` at ``path``: M rows, the class of each, and maps M×h×w in [0, 1]."""
    arrays = {"rows": rows, "answers": answers, "maps": maps}
    write_arrays(path, arrays, EXPLAIN.dump_python(record, mode="json"))


def write_robustness(path: Path, table: pd.DataFrame, record: RobustnessRecord) -> None:
    """Write ``robustness.parquet`` at ``path``.

    ``table`` has ``row``, ``label``, ``clean`` and a column ``<corruption>_<severity>`` for each.
    """
    table = table.copy()
    table.attrs = ROBUSTNESS.dump_python(record, mode="json")
    write_table(path, table)
