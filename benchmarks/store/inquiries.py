"""Reads what a frozen fit was asked beyond its score: where it looks, and what it bears."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.data.corruptions import LEVELS, STRENGTHS
from benchmarks.errors import InputError
from benchmarks.store.files import array_attributes, table_attributes
from benchmarks.store.keys import explain_identity, robustness_identity
from benchmarks.store.records import AttentionMaps, CorruptedAnswers, Manifest, Predictions


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
    names = {c: [f"{c}_{strength}" for strength in STRENGTHS] for c in LEVELS}
    table = pd.read_parquet(path)
    asked = {name for columns in names.values() for name in columns}
    missing = {"row", "label", "clean", *asked} - set(table.columns)
    if missing or not table["row"].isin(test.rows).all() or table["row"].duplicated().any():
        raise InputError(f"{path}: holds other images or columns; remove it and run again")
    return CorruptedAnswers(
        rows=table["row"].to_numpy(np.int64),
        labels=test.labels[np.searchsorted(test.rows, table["row"])],
        clean=table["clean"].to_numpy(np.int64),
        answers={c: table[columns].to_numpy(np.int64) for c, columns in names.items()},
    )


def _is_about(path: Path, attributes: Mapping[str, Any], identity: Mapping[str, Any]) -> bool:
    """Tell whether a file was made for ``identity``; what else its own says is about the code."""
    stored = attributes.get("identity")
    if not isinstance(stored, dict):
        raise InputError(f"{path}: is damaged; remove it and run again")
    return all(stored.get(name) == value for name, value in identity.items())
