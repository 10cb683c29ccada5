"""Files written whole or not at all, and read back: JSON, tables and arrays."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, TypeAdapter, ValidationError

from benchmarks.errors import InputError
from datasets.files import replacing

T = TypeVar("T")


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


_adapters: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def adapter(kind: type[T]) -> TypeAdapter[T]:
    """Return what turns a record of ``kind`` into JSON values, and back."""
    return _adapters(kind)


def write_record(path: Path, record: Any) -> None:
    """Write a record as JSON, whole or not at all."""
    write_json(path, values_of(record))


def values_of(record: Any) -> Any:
    """Return a record as JSON values."""
    return adapter(type(record)).dump_python(record, mode="json")


def json_record(path: Path, kind: type[T]) -> T | None:
    """Read a record that `write_record` wrote; ``None`` where there is none or it is damaged."""
    return _valid(kind, read_json(path))


def table_record(path: Path, kind: type[T]) -> T | None:
    """Read what a table says of itself; ``None`` where there is none or it is damaged."""
    return _valid(kind, table_attributes(path))


def array_record(path: Path, kind: type[T]) -> T | None:
    """Read what a file of arrays says of itself; ``None`` where there is none or it is damaged."""
    return _valid(kind, array_attributes(path))


def _valid(kind: type[T], content: Any) -> T | None:
    try:
        return adapter(kind).validate_python(content)
    except ValidationError:
        return None


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


def read_table(path: Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read ``columns`` of a table, or all; raises ``InputError`` where it is damaged."""
    try:
        return pd.read_parquet(path, columns=list(columns) or None)
    except (OSError, pyarrow.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not readable as Parquet: {reason}") from error


def table_attributes(path: Path) -> dict[str, Any]:
    """Return the ``attrs`` that `write_table` kept; empty where there is no whole table."""
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


def read_arrays(path: Path, names: Sequence[str]) -> Mapping[str, NDArray[Any]] | None:
    """Return the arrays ``names`` of a ``.npz``; ``None`` where one is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None


def array_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes that `write_arrays` kept; empty where there is no whole file."""
    found = read_arrays(path, ["attributes"])
    try:
        attributes = json.loads(str(found["attributes"])) if found else {}
    except ValueError:
        return {}
    return attributes if isinstance(attributes, dict) else {}
