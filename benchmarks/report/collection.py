"""Every table of a page, each under a name that a file can bear."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from benchmarks.report.view import Cell, Column, Matrix, PairMatrix, Table

SHOWN_AS = {"ranking": "leaderboard", "audit": "data"}
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


def _found(value: Any, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Table]]:
    if isinstance(value, Table):
        yield way, value
    elif isinstance(value, Matrix):
        yield (*way, "counts"), _confusion(value)
    elif isinstance(value, PairMatrix):
        yield way, _all_pairs(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _found(inner, (*way, SHOWN_AS.get(key, str(key))))
    elif is_dataclass(value):
        for field in fields(value):
            yield from _found(getattr(value, field.name), (*way, field.name))
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _found(inner, (*way, *_called(inner)))


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
