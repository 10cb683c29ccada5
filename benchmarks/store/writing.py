"""Writes the files of a results folder, each from its record and whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from benchmarks.store.files import write_json
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.records import (
    CostRecord,
    FitRecord,
    Manifest,
    TrialRecord,
    VariantOutcome,
)

MANIFEST = TypeAdapter(Manifest)
STATUSES = TypeAdapter(Mapping[str, VariantOutcome])
STUDIES = TypeAdapter(Mapping[str, Sequence[TrialRecord]])
FIT = TypeAdapter(FitRecord)
COST = TypeAdapter(CostRecord)


def write_manifest(folder: RunFolder, manifest: Manifest) -> None:
    """Write ``manifest.json``."""
    write_json(folder.manifest, MANIFEST.dump_python(manifest, mode="json"))


def write_statuses(folder: RunFolder, statuses: Mapping[str, VariantOutcome]) -> None:
    """Write ``status.json``: how each variant ended, by its name."""
    write_json(folder.status, STATUSES.dump_python(statuses, mode="json"))


def write_studies(folder: RunFolder, studies: Mapping[str, Sequence[TrialRecord]]) -> None:
    """Write ``tuning.json``: the trials of each variant, by its name."""
    write_json(folder.tuning, STUDIES.dump_python(studies, mode="json"))


def write_fit(place: Path, record: FitRecord) -> None:
    """Write ``fit.json`` into the folder of a fit, ``place``."""
    write_json(FitFolder(place).record, FIT.dump_python(record, mode="json"))


def write_cost(path: Path, record: CostRecord) -> None:
    """Write a variant's ``cost.json`` at ``path``."""
    write_json(path, COST.dump_python(record, mode="json"))
