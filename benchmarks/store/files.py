"""Files that are written whole and hold their own digest: JSON, tables and arrays, as bytes."""

from __future__ import annotations

import io
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
from datasets.digested import BLANK, KEY, digested, holds
from datasets.files import replacing

T = TypeVar("T")
ATTRIBUTES = b"PANDAS_ATTRS"
"""Where pandas keeps the ``attrs`` of a table in Parquet."""


def now() -> str:
    """Return the present time, UTC, as ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content``, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON, whole or not at all, without a digest."""
    write_bytes(path, _json(value))


def write_values(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object that holds its own digest, whole or not at all."""
    write_bytes(path, _digested_json(values))


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
    """Write a record as JSON that holds its own digest, whole or not at all."""
    write_values(path, values_of(record))


def values_of(record: Any) -> Any:
    """Return a record as JSON values."""
    return adapter(type(record)).dump_python(record, mode="json")


def record_of(kind: type[T], values: Any) -> T | None:
    """Return the record that ``values`` are; ``None`` where they are none of that ``kind``."""
    try:
        return adapter(kind).validate_python(values)
    except ValidationError:
        return None


def whole(path: Path) -> bytes | None:
    """Read a file that holds its own digest; ``None`` where it is none, or not as written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if holds(content) else None


def json_values(content: bytes) -> Any:
    """Return what JSON says, without its digest; ``None`` where it is no JSON."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if isinstance(values, dict):
        values.pop(KEY, None)
    return values


def write_table(path: Path, table: pd.DataFrame, *, small: bool = False) -> None:
    """Write a table as Parquet that holds its own digest; its ``attrs`` are kept.

    ``small`` takes longer to write, and less room: float32 columns are stored byte by byte, so
    that digits which are zero in all of them cost nothing.
    """
    made = pyarrow.Table.from_pandas(table, preserve_index=False)
    attributes = {ATTRIBUTES: json.dumps(table.attrs)} if table.attrs else {}
    made = made.replace_schema_metadata({**(made.schema.metadata or {}), **attributes})
    write_bytes(path, _parquet(made, **(_small(made.schema) if small else {})))


def read_table(content: bytes, path: Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return ``columns``, or all, of the table ``content`` of ``path``.

    Raises ``InputError`` where it is damaged.
    """
    try:
        return pd.read_parquet(io.BytesIO(content), columns=list(columns) or None)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path}: not readable as Parquet: {reason}") from error


def table_attributes(content: bytes) -> dict[str, Any]:
    """Return the ``attrs`` that `write_table` kept; empty where it is no table."""
    try:
        metadata = pq.read_schema(io.BytesIO(content)).metadata or {}
        attributes = json.loads(metadata.get(ATTRIBUTES, b"{}"))
    except (OSError, ValueError):
        return {}
    return attributes if isinstance(attributes, dict) else {}


def write_arrays(path: Path, arrays: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    """Write arrays and JSON attributes as NumPy's ``.npz`` that holds its own digest."""
    text = json.dumps(attributes, sort_keys=True, ensure_ascii=False, allow_nan=False)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays, attributes=np.array(text))
    write_bytes(path, _commented(file))


def read_arrays(content: bytes, names: Sequence[str]) -> Mapping[str, NDArray[Any]] | None:
    """Return the arrays ``names`` of a ``.npz``; ``None`` where one is missing or damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None


def array_attributes(content: bytes) -> dict[str, Any]:
    """Return the attributes that `write_arrays` kept; empty where it is no whole file."""
    found = read_arrays(content, ["attributes"])
    try:
        attributes = json.loads(str(found["attributes"])) if found else {}
    except ValueError:
        return {}
    return attributes if isinstance(attributes, dict) else {}


def with_digest(path: Path, content: bytes) -> bytes:
    """Return the ``content`` of ``path``, which an earlier version wrote, with its own digest."""
    if path.suffix == ".parquet":
        return _parquet(pq.read_table(io.BytesIO(content)))
    if path.suffix == ".npz":
        return _commented(io.BytesIO(content))
    return _digested_json(json.loads(content))


def _digested_json(values: Mapping[str, Any]) -> bytes:
    """Return a JSON object, its digest at its end."""
    others = {name: value for name, value in values.items() if name != KEY}
    return digested(_json({**others, KEY: BLANK}))


def _json(value: Any) -> bytes:
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _small(schema: pyarrow.Schema) -> dict[str, Any]:
    """Return how a table is written that takes little room."""
    single = [column.name for column in schema if pyarrow.types.is_float32(column.type)]
    return {
        "compression": "zstd",
        "compression_level": 19,
        "use_dictionary": False,
        "use_byte_stream_split": single,
        "write_statistics": False,
    }


def _parquet(table: pyarrow.Table, **options: Any) -> bytes:
    """Return ``table`` as Parquet, its digest among the metadata at its end."""
    file = io.BytesIO()
    with pq.ParquetWriter(file, table.schema, **options) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({KEY: BLANK})
    return digested(file.getvalue())


def _commented(archive: io.BytesIO) -> bytes:
    """Return a zip archive with its digest as the comment at its end."""
    with zipfile.ZipFile(archive, "a") as opened:
        opened.comment = f"{KEY} {BLANK}".encode()
    return digested(archive.getvalue())
