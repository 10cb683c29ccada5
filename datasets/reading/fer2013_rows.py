"""What the rows of FER2013's tables say: where each image stands, its class and its split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datasets.reading.fer2013_classes import EMOTIONS
from datasets.reading.fer2013_official import CLASS_NAMES, USAGES, usage_split
from datasets.reading.fer2013_tables import Table, TableRow, table_rows
from datasets.reading.trees import Tree
from datasets.reading.words import expression_of, split_of
from datasets.records import DataError


@dataclass(frozen=True)
class LabelledRow:
    """A row of a table: its place ``<file>:<line>``, the text of its pixels, class and split.

    ``label`` is an index of FER2013's classes; ``split`` is ``""`` where nothing tells it.
    """

    place: str
    pixels: str
    label: int
    split: str


def labelled_rows(tree: Tree, tables: Sequence[Table]) -> Iterator[LabelledRow]:
    """Yield the rows of ``tables`` in order; raises ``DataError`` naming the line.

    Splits are those of the column Usage, in the published words or in others (``train``,
    ``val``, ``test``), but for training not in both; without the column they are those of the
    tables' names.
    """
    for table in tables:
        usages, empty = _Usages(table), True
        for row in table_rows(tree, table):
            empty = False
            yield LabelledRow(row.place, row.pixels, _label(row), usages.split(row))
        if table.split and empty:
            raise DataError(
                f"{table.name}: is the table of {table.split} and holds no image; fill it, or "
                "remove it to have a split made here"
            )
        usages.require_training()


class _Usages:
    """Reads the words for splits in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._published: bool | None = None
        self._first = ""
        self._trains = False

    def split(self, row: TableRow) -> str:
        """Return the split of ``row``."""
        if not row.usage:
            if row.usage is not None and not self._table.split:
                raise DataError(f"{row.place}: Usage is missing; {_EXPECTED}")
            return self._table.split
        published, split = bool(usage_split(row.usage)), split_of(row.usage)
        self._first = self._first or f"{row.place}: Usage is {row.usage!r}"
        if split != "train" and self._published is None:
            self._published = published
        if not split or (split != "train" and published != self._published):
            raise DataError(f"{row.place}: Usage is {row.usage!r}; {_EXPECTED}")
        if self._table.split not in ("", split):
            raise DataError(
                f"{row.place}: Usage is {row.usage!r} in a table that is named after "
                f"{self._table.split}; mend the row or the name"
            )
        self._trains = self._trains or split == "train"
        return split

    def require_training(self) -> None:
        """Refuse other words than the published ones that name no training image."""
        if self._published is False and not self._trains and not self._table.split:
            raise DataError(f"{self._first}, and no row is for training; {_EXPECTED}")


_EXPECTED = f"expected one of {', '.join(USAGES)}"


def _label(row: TableRow) -> int:
    if row.emotion.isdecimal() and row.emotion in _CODES:
        return CLASS_NAMES.index(EMOTIONS[int(row.emotion)])
    name = expression_of(row.emotion)
    if name in CLASS_NAMES:
        return CLASS_NAMES.index(name)
    told = f"emotion is {row.emotion!r}" if row.emotion else "emotion is missing"
    raise DataError(f"{row.place}: {told}; expected 0 to {len(EMOTIONS) - 1}, or its word")


_CODES = tuple(str(code) for code in range(len(EMOTIONS)))
