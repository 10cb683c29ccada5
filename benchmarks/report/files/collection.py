"""Every table of a page under a name that a file can bear, and what their columns mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from benchmarks.report.elements.elements import Cell, Column, Matrix, PairMatrix, Table

SHOWN_AS = {"board": "leaderboard", "audit": "data"}
"""What the page calls a part → how its files begin, where they differ."""


def tables(page: Mapping[str, Any]) -> dict[str, Table]:
    """Return name → table, in the order of ``page``, a template's content.

    A name is the way to the table in lower case, such as ``variants-plain-cnn-seeds``: keys,
    field names, the names of what has one, and captions up to a colon.
    """
    found: dict[str, Table] = {}
    for words, shown in _found(page, ()):
        name = _slug(words)
        number = 2
        while name in found:
            name, number = f"{_slug(words)}-{number}", number + 1
        found[name] = shown
    return found


def definitions(page: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of ``page`` that have a definition, each meaning once, by label."""
    columns = (column for shown in tables(page).values() for column in shown.columns)
    by_key = {column.key: column for column in columns if column.definition}
    return tuple(sorted(by_key.values(), key=lambda column: (column.label, column.definition)))


def _found(value: Any, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Table]]:
    if isinstance(value, Table):
        yield way, value
    elif isinstance(value, Matrix):
        yield way, _confusion(value)
    elif isinstance(value, PairMatrix):
        yield way, _all_pairs(value)
    elif _is_board(value):
        rows = (*value.rows, *getattr(value, "published", ()))
        yield way, Table(value.caption, value.columns, tuple(row.cells for row in rows))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _found(inner, (*way, SHOWN_AS.get(key, str(key))))
    elif is_dataclass(value):
        for field in fields(value):
            yield from _found(getattr(value, field.name), (*way, field.name))
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _found(inner, (*way, *_called(inner)))


def _is_board(value: Any) -> bool:
    """Tell whether ``value`` is a table whose rows carry more than their cells."""
    if not (hasattr(value, "caption") and hasattr(value, "columns") and hasattr(value, "rows")):
        return False
    return all(hasattr(row, "cells") for row in value.rows)


def _called(inner: Any) -> tuple[str, ...]:
    """Return how one of several is told from the others."""
    if isinstance(inner, Table):
        return (inner.caption.partition(":")[0],)
    name = getattr(inner, "name", None)
    return (name,) if isinstance(name, str) else ()


def _slug(words: tuple[str, ...]) -> str:
    plain = re.findall(r"[a-z0-9]+", " ".join(words).lower())
    return "-".join(plain)[:100].rstrip("-") or "table"


def _confusion(matrix: Matrix) -> Table:
    rows = tuple((Cell(name), *(Cell(cell.text) for cell in cells)) for name, cells in matrix.rows)
    columns = (Column("Label", numeric=False), *(Column(name) for name in matrix.names))
    return Table(f"{matrix.caption}; rows: the label, columns: the answer", columns, rows)


def _all_pairs(matrix: PairMatrix) -> Table:
    rows = tuple(
        (Cell(f"{place} {name}"), *(Cell(cell.text) for cell in cells))
        for place, name, _, cells in matrix.rows
    )
    columns = (Column("Variant", numeric=False), *(Column(place) for place, _ in matrix.columns))
    return Table(matrix.caption, columns, rows)
