"""A table from outside as a data frame: CSV however it is separated, or Parquet."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet

from benchmarks.errors import InputError
from benchmarks.machine.spreadsheets import unguarded
from datasets.files import require_given
from datasets.reading.delimited import encoding_of

READERS = (".csv", ".parquet")
SEPARATORS = (",", ";", "\t")
MOST_BYTES, LONGEST_LINE, MOST_COLUMNS = 1 << 30, 1 << 20, 4096
"""Bytes of a table and of its first line, and the columns that this may name."""
TEXT = ("image_id", "path")
"""Columns that stay text, though they may look like numbers."""


def read_table(file: Path) -> pd.DataFrame:
    """Return the table in ``file`` with its columns' names as text, without spaces around them.

    Fields of a CSV may be parted by commas, semicolons (then decimals may be, too) or tabs; a
    surplus field, an index or what a comma at the end leaves, is left out, and so are lines of
    separators alone at the end, as spreadsheets write them. Raises ``InputError``,
    and ``DataError`` for what is no ordinary file.
    """
    if file.suffix.lower() not in READERS:
        raise InputError(f"{file}: a table of predictions is .csv or .parquet")
    require_given(file, MOST_BYTES)
    parquet = file.suffix.lower() == ".parquet"
    try:
        table = _read_parquet(file) if parquet else _read_csv(file)
    except (OSError, ValueError, OverflowError, csv.Error, pyarrow.ArrowException) as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(f"{file}: not readable as {file.suffix}: {reason}") from error
    written = np.flatnonzero(table.notna().any(axis=1))
    table = table.iloc[: written[-1] + 1 if len(written) else 0]
    if table.index.name is not None:
        table = table.reset_index()
    table.columns = [unguarded(str(column).strip()) for column in table.columns]
    if not parquet:
        for place, name in enumerate(table.columns):
            if name in TEXT:
                table.isetitem(place, table.iloc[:, place].map(_unguarded).to_numpy())
    return table


def _read_parquet(file: Path) -> pd.DataFrame:
    """Read columns as they are typed, not as what pandas once noted of them."""
    table: pd.DataFrame = pyarrow.parquet.read_table(file).to_pandas(ignore_metadata=True)
    return table


def _read_csv(file: Path) -> pd.DataFrame:
    with file.open("rb") as opened:
        encoding = encoding_of(opened.read(2))
    with file.open(encoding=encoding, errors="replace") as text:
        header, line = text.readline(LONGEST_LINE), text.readline(LONGEST_LINE)
    separator = max(SEPARATORS, key=header.count)
    if (columns := _fields(header, separator)) > MOST_COLUMNS:
        raise InputError(f"{file}: {columns:,} columns; leave those out that are not needed")
    settings: dict[str, Any] = {
        "sep": separator,
        "decimal": "," if separator == ";" else ".",
        "dtype": dict.fromkeys(TEXT, str),
        "encoding": encoding,
    }
    table: pd.DataFrame = pd.read_csv(file, **settings)
    surplus = _fields(line, separator) - columns
    if surplus > 1:
        raise InputError(f"{file}: its lines have {surplus} fields more than its header; mend it")
    if surplus < 1:
        return table
    if table.iloc[:, -1].isna().all():
        with warnings.catch_warnings(action="ignore", category=pd.errors.ParserWarning):
            table = pd.read_csv(file, index_col=False, **settings)
    return table.reset_index(drop=True)


def _unguarded(value: Any) -> Any:
    return unguarded(value) if isinstance(value, str) else value


def _fields(line: str, separator: str) -> int:
    return len(next(csv.reader([line], delimiter=separator), []))
