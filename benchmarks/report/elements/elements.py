"""What the templates are given: plain text in records, with nothing left to compute."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Cell:
    """One table cell; ``sort`` orders it (blank: always last), ``note`` is a smaller second line.

    ``link`` is an address inside the page; ``span`` is the number of columns it takes.
    """

    text: str
    note: str = ""
    sort: str = ""
    link: str = ""
    span: int = 1


@dataclass(frozen=True)
class Column:
    """One table column; ``definition`` is told on request.

    ``largest_first`` is the order that the first click on the heading gives;
    ``sorted`` is ``ascending`` or ``descending`` where the rows already are so;
    ``shown`` is whether it is seen before the reader has chosen columns.
    """

    label: str
    definition: str = ""
    numeric: bool = True
    largest_first: bool = False
    sorted: str = ""
    shown: bool = True

    @property
    def key(self) -> str:
        """The identifier, in the page, of what this column means; columns alike share it."""
        return (
            f"meaning-{hashlib.sha256(f'{self.label}|{self.definition}'.encode()).hexdigest()[:10]}"
        )


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Picture:
    """An inline SVG, made by us and safe, and the text that says the same."""

    svg: Markup
    alternative: str
    caption: str


@dataclass(frozen=True)
class MatrixCell:
    """One cell of a confusion matrix; ``heat`` is 0 to 10, ``right`` marks the diagonal."""

    text: str
    heat: int
    right: bool
    meaning: str


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix: (label, cells) for each row, and the same as bare ``counts``."""

    caption: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def table(self) -> Table:
        """The counts as a plain table."""
        return Table(
            f"{self.caption}; rows: the label, columns: the answer",
            (Column("Label", numeric=False), *map(Column, self.names)),
            tuple((Cell(name), *(Cell(cell.text) for cell in cells)) for name, cells in self.rows),
        )


@dataclass(frozen=True)
class PairCell:
    """One cell of the pairwise matrix; ``verdict`` is better, worse, tied or self."""

    text: str
    verdict: str
    meaning: str


@dataclass(frozen=True)
class PairMatrix:
    """Every pair of variants, numbered by place.

    ``columns`` holds (place, name); ``rows`` (place, name, link, cells).
    """

    caption: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, str, tuple[PairCell, ...]], ...]

    @property
    def table(self) -> Table:
        """The differences as a plain table."""
        return Table(
            self.caption,
            (Column("Variant", numeric=False), *(Column(place) for place, _ in self.columns)),
            tuple(
                (Cell(f"{place} {name}"), *(Cell(cell.text) for cell in cells))
                for place, name, _, cells in self.rows
            ),
        )


def table(
    caption: str, columns: Iterable[Column | str], rows: Iterable[Iterable[Cell | str]]
) -> Table:
    """Make a table; a string stands for a text column or a plain cell."""
    return Table(
        caption,
        tuple(Column(c, numeric=False) if isinstance(c, str) else c for c in columns),
        tuple(tuple(Cell(c) if isinstance(c, str) else c for c in row) for row in rows),
    )
