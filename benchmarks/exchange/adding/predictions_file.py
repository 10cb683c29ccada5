"""A table of somebody's predictions, put in the order of a run's split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.errors import InputError
from benchmarks.exchange.adding.class_names import is_dropped
from benchmarks.exchange.adding.given_labels import refuse_other_labels
from benchmarks.exchange.adding.given_table import read_table
from benchmarks.exchange.adding.image_names import NAMES, strangers, with_known_names
from benchmarks.store.records import probability_column
from benchmarks.store.splits import SplitTable
from datasets.reading.words import meant_class

SHOWN = 60
"""Characters of a value that are shown of it."""


@dataclass(frozen=True, eq=False)
class GivenAnswers:
    """A table's ``numbers``, N×(K+D): the run's classes in order, then those ``dropped``.

    ``unread`` are its other columns of numbers.
    """

    numbers: NDArray[np.float64]
    dropped: tuple[str, ...]
    unread: tuple[str, ...] = ()


def read_predictions(
    file: Path, splits: SplitTable, requested: SplitTable, class_names: Sequence[str]
) -> GivenAnswers:
    """Return the numbers in ``file`` for each line of ``requested``, classes in order.

    ``splits`` is the run's split and ``requested`` its validation and test images. The table
    names an image by ``row``, ``path`` (its end or a longer one will do) or ``image_id`` and has a
    column for each class, ``angry`` or ``p_angry``, in any case or by a synonym; one for contempt
    may stand beside them. Where it has several names for an image they must agree, and a column
    ``label`` with the run's labels. Lines for training images are left out; missing, contradicting
    and unknown ones raise ``InputError``.
    """
    table = with_known_names(read_table(file), splits)
    columns = [_column(file, table, name, class_names) for name in class_names]
    dropped = [str(name) for name in table.columns if is_dropped(_class_of(str(name)), class_names)]
    columns += [_numbers(file, table, name) for name in dropped]
    keys = [key for key in NAMES if key in table]
    if not keys:
        raise InputError(f"{file}: no column row, path or image_id says which image a line is for")
    key, wanted = keys[0], NAMES[keys[0]](requested)
    beside = [name for name in table.columns if name not in (*keys, *columns)]
    labels = table.groupby(key)["label"].first() if "label" in beside else None
    unread = tuple(c for c in beside if c != "label" and table[c].dtype.kind == "f")
    table = _once(file, table[[*keys, *columns]], key)
    if strange := strangers(table, key, splits):
        raise InputError(f"{file}: {strange}")
    chosen = table.set_index(key).reindex(wanted)
    _refuse_missing(file, chosen.index.isin(table[key]), requested)
    for other in keys[1:]:
        wrong = chosen[other].to_numpy() != NAMES[other](requested)
        if wrong.any():
            line = str(wanted[int(wrong.argmax())])[:SHOWN]
            raise InputError(
                f"{file}: {other} of {key} {line} is not that of the run's split; "
                f"leave the wrong one of the two columns out"
            )
    numbers = chosen[columns].to_numpy(np.float64)
    if labels is not None:
        refuse_other_labels(file, labels.reindex(wanted), numbers, requested)
    return GivenAnswers(numbers, tuple(_class_of(name) for name in dropped), unread)


def _class_of(column: str) -> str:
    """Return the class that a column may be of: what follows ``p_``, if that begins it."""
    prefix = probability_column("")
    return column[len(prefix) :] if column.lower().startswith(prefix) else column


def _column(file: Path, table: pd.DataFrame, name: str, class_names: Sequence[str]) -> str:
    """Return the one column of numbers for the class ``name``."""
    other = probability_column(name)
    written = (name.lower(), other.lower())
    found = [
        column
        for column in table.columns
        if column.lower() in written or meant_class(_class_of(column), class_names) == name
    ]
    if len(found) != 1:
        there = ", ".join(column[:SHOWN] for column in found or table.columns[:12])
        what = "several columns" if found else "no column"
        raise InputError(
            f"{file}: {what} {name} or {other} (it has {there}); give one of probabilities a class"
        )
    return _numbers(file, table, found[0])


def _numbers(file: Path, table: pd.DataFrame, column: str) -> str:
    """Make a column numbers in place; return it."""
    numbers = pd.to_numeric(table[column], errors="coerce")
    wrong = ~np.isfinite(numbers.to_numpy(np.float64))
    if wrong.any():
        line = int(wrong.argmax())
        value = table[column].iloc[line]
        told = "an empty field" if pd.isna(value) else repr(str(value)[:SHOWN])
        raise InputError(f"{file}: data row {line + 1}, {column}: {told} is no finite number")
    table[column] = numbers
    return column


def _once(file: Path, table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the table with one line for a key; images of equal pixels may repeat their answer."""
    single = table.drop_duplicates()
    again = single[key].duplicated()
    if again.any() or single[key].isna().any():
        raise InputError(f"{file}: {_contradiction(single[key])}")
    return single


def _contradiction(names: pd.Series[Any]) -> str:
    """Return what is wrong with the first name that is blank or comes twice, by its data rows."""
    if names.isna().any():
        return f"data row {names[names.isna()].index[0] + 1}: {names.name} is blank"
    twice = names[names.duplicated()].iloc[0]
    lines = ", ".join(str(place + 1) for place in names[names == twice].index[:6])
    shown = str(twice)[:SHOWN]
    return f"{names.name} {shown} has several lines that differ (data rows {lines}); leave one"


def _refuse_missing(file: Path, there: NDArray[np.bool_], requested: SplitTable) -> None:
    if not there.all():
        first = int((~there).argmax())
        raise InputError(
            f"{file}: {int((~there).sum())} of {len(requested)} validation and test images have no "
            f"line (first: row {requested.rows[first]}, {requested.paths[first]})"
        )
