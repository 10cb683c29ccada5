"""Writes the files of a results folder, each from its record and whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.protocol.views import View
from benchmarks.store.files import (
    values_of,
    write_arrays,
    write_record,
    write_table,
    write_values,
)
from benchmarks.store.folder import FitFolder, PretrainedFolder, RunFolder
from benchmarks.store.records import (
    STATUSES,
    STUDIES,
    Completed,
    CorruptedAnswers,
    CostRecord,
    ExplainRecord,
    FitRecord,
    FoundWeights,
    Manifest,
    Pretrained,
    RobustnessRecord,
    RungResult,
    TrialRecord,
    VariantOutcome,
    ViewsRecord,
    answer_columns,
    probability_column,
    view_column,
)
from benchmarks.store.splits import SplitTable
from datasets.audit.audit import Audit, to_json
from datasets.files import sha256_of


def write_manifest(folder: RunFolder, manifest: Manifest) -> None:
    """Write ``manifest.json``."""
    write_record(folder.manifest, manifest)


def write_audit(folder: RunFolder, audit: Audit) -> None:
    """Write ``audit.json``."""
    write_values(folder.audit, to_json(audit))


def write_statuses(folder: RunFolder, statuses: Mapping[str, VariantOutcome]) -> None:
    """Write ``status.json``: how each variant ended, by its name."""
    write_values(folder.status, STATUSES.dump_python(statuses, mode="json"))


def write_studies(folder: RunFolder, studies: Mapping[str, tuple[TrialRecord, ...]]) -> None:
    """Write ``tuning.json``: the trials of each variant, by its name."""
    write_values(folder.tuning, STUDIES.dump_python(studies, mode="json"))


def write_fit(place: Path, record: FitRecord) -> FitRecord:
    """Write ``fit.json`` into the folder of a fit, ``place``, when its other files are there.

    Return it as written, with their digests.
    """
    fit = FitFolder(place)
    names = (*record.model_files, fit.backbone.name, fit.history.name)
    whole = replace(record, files=_digests(place, names))
    write_record(fit.record, whole)
    return whole


def write_weights(path: Path, record: FoundWeights) -> None:
    """Write a variant's ``weights.json`` at ``path``."""
    write_record(path, record)


def write_pretrained(place: Path, record: Pretrained) -> Pretrained:
    """Write ``pretrain.json`` into the folder of a backbone, ``place``, when that is there.

    Return it as written, with its digest.
    """
    folder = PretrainedFolder(place)
    whole = replace(record, files=_digests(place, [folder.backbone.name]))
    write_record(folder.record, whole)
    return whole


def _digests(place: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of those of the files ``names`` in ``place`` that there are."""
    return {name: sha256_of(place / name) for name in names if (place / name).is_file()}


def write_rung(path: Path, record: RungResult) -> None:
    """Write the result of a trial at the end of a rung at ``path``."""
    write_record(path, record)


def write_cost(path: Path, record: CostRecord) -> None:
    """Write a variant's ``cost.json`` at ``path``."""
    write_record(path, record)


def write_predictions(
    path: Path,
    images: SplitTable,
    probabilities: NDArray[np.floating[Any]],
    names: Sequence[str],
    key: str,
) -> None:
    """Write ``predictions.parquet`` at ``path`` under ``key``.

    ``probabilities`` are N×K in the order of ``images``, K as ``names``.
    """
    columns = {
        "row": images.rows,
        "image_id": images.image_ids,
        "label": images.labels,
        "split": images.splits,
        **{probability_column(name): probabilities[:, k] for k, name in enumerate(names)},
    }
    table = pd.DataFrame(columns)
    table.attrs = values_of(Completed(key=key))
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
    write_arrays(path, arrays, values_of(record))


def write_robustness(path: Path, found: CorruptedAnswers, record: RobustnessRecord) -> None:
    """Write ``robustness.parquet`` at ``path``: a column for each corruption and severity."""
    columns = {"row": found.rows, "label": found.labels, "clean": found.clean.astype(np.int16)}
    for corruption in found.corruptions:
        answers = found.answers[corruption.name].astype(np.int16)
        columns |= dict(zip(answer_columns(corruption), answers.T, strict=True))
    table = pd.DataFrame(columns)
    table.attrs = values_of(record)
    write_table(path, table)


def write_views(
    path: Path,
    images: SplitTable,
    found: Mapping[View, NDArray[np.float64]],
    names: Sequence[str],
    record: ViewsRecord,
) -> None:
    """Write ``views.parquet`` at ``path``: a column for each average and class.

    The probabilities of each average are N×K in the order of ``images``, K as ``names``.
    """
    columns: dict[str, NDArray[Any]] = {"row": images.rows, "split": images.splits}
    for view, probabilities in found.items():
        columns |= {view_column(view, name): probabilities[:, k] for k, name in enumerate(names)}
    table = pd.DataFrame(columns)
    table.attrs = values_of(record)
    write_table(path, table)
