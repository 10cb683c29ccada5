"""Reads what a frozen fit was asked beyond its score: where it looks, and what it bears."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import InputError
from benchmarks.store.files import array_attributes, table_attributes
from benchmarks.store.keys import explain_identity, robustness_identity
from benchmarks.store.records import (
    AttentionMaps,
    CorruptedAnswers,
    CorruptionRecord,
    Manifest,
    Predictions,
)


def read_attention(
    place: Path, key: str, manifest: Manifest, test: Predictions
) -> AttentionMaps | None:
    """Read ``attention.npz`` of the fit ``key`` in ``place``; ``None``: none, or of other fits.

    A damaged file raises ``InputError``.
    """
    path = place / "attention.npz"
    if not path.is_file():
        return None
    attributes = array_attributes(path)
    if not _is_about(path, attributes, explain_identity(key, manifest.split.digest)):
        return None
    with np.load(path, allow_pickle=False) as archive:
        rows, answers, maps = (archive.get(name) for name in ("rows", "answers", "maps"))
    if rows is None or answers is None or maps is None or maps.ndim != 3:
        raise InputError(f"{path}: is damaged; remove it and run again")
    known = np.isin(rows, test.rows).all() and np.isin(answers, range(test.probabilities.shape[1]))
    if not (len(rows) == len(answers) == len(maps) and np.all(known) and np.isfinite(maps).all()):
        raise InputError(f"{path}: holds other images or classes; remove it and run again")
    return AttentionMaps(
        rows.astype(np.int64),
        answers.astype(np.int64),
        maps.astype(np.float64),
        str(attributes.get("layer", "")),
    )


def read_robustness(
    place: Path, key: str, manifest: Manifest, test: Predictions
) -> CorruptedAnswers | None:
    """Read ``robustness.parquet`` of the fit ``key`` in ``place``.

    ``None`` where there is none, the protocol asks for none, or it is of another fit or on
    other images than the protocol asks for. A damaged file raises ``InputError``.
    """
    path, wanted = place / "robustness.parquet", manifest.protocol.get("robustness")
    if wanted is None or not path.is_file():
        return None
    attributes = table_attributes(path)
    seed = manifest.protocol.get("seed", 0)
    identity = robustness_identity(key, manifest.split.digest, wanted.get("images"), seed)
    if not _is_about(path, attributes, identity):
        return None
    table = pd.read_parquet(path)
    missing = {"row", "label", "clean"} - set(table.columns)
    if missing or not table["row"].isin(test.rows).all() or table["row"].duplicated().any():
        raise InputError(f"{path}: holds other images or columns; remove it and run again")
    corruptions = _corruptions(path, attributes, table)
    return CorruptedAnswers(
        rows=table["row"].to_numpy(np.int64),
        labels=test.labels[np.searchsorted(test.rows, table["row"])],
        clean=table["clean"].to_numpy(np.int64),
        answers={c.name: table[_columns(c)].to_numpy(np.int64) for c in corruptions},
        corruptions=corruptions,
    )


def _columns(corruption: CorruptionRecord) -> list[str]:
    return [f"{corruption.name}_{number + 1}" for number in range(len(corruption.severities))]


def _corruptions(
    path: Path, attributes: Mapping[str, Any], table: pd.DataFrame
) -> tuple[CorruptionRecord, ...]:
    """Return the corruptions that a table names; of an older one, those of its columns' names."""
    named = attributes.get("corruptions")
    try:
        found = (
            TypeAdapter(tuple[CorruptionRecord, ...]).validate_python(named)
            if named is not None
            else tuple(_by_columns(table))
        )
    except ValidationError as error:
        raise InputError(f"{path}: is damaged; remove it and run again") from error
    columns = [column for corruption in found for column in _columns(corruption)]
    if not columns or not set(columns) <= set(table.columns):
        raise InputError(f"{path}: holds other images or columns; remove it and run again")
    return found


def _by_columns(table: pd.DataFrame) -> Iterator[CorruptionRecord]:
    """Read ``blur_1``, ``blur_2`` … as the corruption blur of so many unknown severities."""
    parted = (str(column).rpartition("_") for column in table.columns)
    counts = Counter(name for name, _, number in parted if name and number.isdigit())
    for name, count in counts.items():
        yield CorruptionRecord(name, name.capitalize(), (float("nan"),) * count)


def _is_about(path: Path, attributes: Mapping[str, Any], identity: Mapping[str, Any]) -> bool:
    """Tell whether a file was made for ``identity``; what else its own says is about the code."""
    stored = attributes.get("identity")
    if not isinstance(stored, dict):
        raise InputError(f"{path}: is damaged; remove it and run again")
    return all(stored.get(name) == value for name, value in identity.items())
