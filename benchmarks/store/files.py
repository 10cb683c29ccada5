"""Files written whole or not at all, and read back: JSON, tables and arrays."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from datasets.files import replacing


def now() -> str:
    """Return the present time, UTC, as ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON, whole or not at all."""
    with replacing(path) as temporary:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", "utf-8")


def as_stored(record: BaseModel) -> dict[str, Any]:
    """Return a record as JSON values, with the keys that it was made of and no others.

    A digest of what another version wrote stays right so: nothing is added to it or left out.
    """
    return record.model_dump(mode="json", exclude_unset=True)


def read_json(path: Path) -> Any:
    """Read a JSON file of the results folder; ``None`` where there is none or it is damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, whole or not at all; its ``attrs`` are kept."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def stored_key(path: Path) -> str | None:
    """Return the key with which predictions were written, or ``None``."""
    key = table_attributes(path).get("key")
    return key if isinstance(key, str) else None


def table_attributes(path: Path) -> dict[str, Any]:
    """Return the ``attrs`` that `write_table` kept; empty where there is no whole table."""
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        attributes = json.loads(metadata.get(b"PANDAS_ATTRS", b"{}"))
    except (OSError, ValueError):
        return {}
    return attributes if isinstance(attributes, dict) else {}


def write_arrays(path: Path, arrays: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    """Write arrays and JSON attributes as NumPy's ``.npz``, whole or not at all."""
    text = json.dumps(attributes, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays, attributes=np.array(text))


def array_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes that `write_arrays` kept; empty where there is no whole file."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            attributes = json.loads(str(archive["attributes"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}
    return attributes if isinstance(attributes, dict) else {}
