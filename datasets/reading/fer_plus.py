"""FER+ (Barsoum et al. 2016, arXiv 1608.01041): ten annotators' votes for each row of FER2013."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from datasets.reading.delimited import Header, Placed, read_header, read_rows
from datasets.reading.fer2013_official import CLASS_NAMES
from datasets.reading.fer2013_tables import USAGE, is_table
from datasets.reading.numbers import whole_number
from datasets.reading.trees import Tree, open_tree
from datasets.reading.words import CONTEMPT, split_of
from datasets.records import DataError

LABELS = "fer+"
"""What ``[data] labels`` says for the majority of the votes."""
FILE = "fer2013new.csv"
COLUMNS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "nf",
)
"""The columns of votes, in their order; the last two are no class (``nf``: not a face)."""
EXPRESSIONS = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", CONTEMPT)
"""The classes that the first eight columns stand for."""
EIGHT_CLASSES = (*CLASS_NAMES, CONTEMPT)
NONE = -1
"""The column of a majority that is not there."""
WHY_NONE = MappingProxyType(
    {
        NONE: "FER+: no majority of the votes",
        COLUMNS.index("unknown"): "FER+: unknown by majority",
        COLUMNS.index("nf"): "FER+: not a face by majority",
    }
)
"""Why an image has no class, by the column of its majority."""
ENOUGH, AGREE = 1000, 0.4
"""From so many rows on, votes of which a smaller share agrees with FER2013's labels are those of
other images: agreement is 0.7 in the published order, under 0.2 in any other."""

Votes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class VotesTable:
    """The votes of a file, in its order: ``counts`` int64 N×10, by `COLUMNS`.

    ``lines``: int64, N, where each stands. ``splits``: the split that each names, ``""`` where
    it names none.
    """

    name: str
    counts: Votes
    lines: NDArray[np.int64]
    splits: tuple[str, ...]

    def joined(self, places: Sequence[str], splits: Sequence[str], labels: Votes) -> Votes:
        """Return the votes of each row of FER2013's table, int64 N×10; rows are told by order.

        ``places`` (``<file>:<line>``), ``splits`` and ``labels`` (class indices) are FER2013's.
        Raises ``DataError`` where order, splits or labels show that the rows are not the same.
        """
        if len(places) != len(self.counts):
            raise DataError(
                f"{self.name}: votes for {len(self.counts):,} rows, but {len(places):,} images; "
                "FER+ is joined by the order of the rows, so take both files whole"
            )
        for place, split, line, voted in zip(places, splits, self.lines, self.splits, strict=True):
            if split and voted and split != voted:
                raise DataError(
                    f"{self.name}:{line}: is in {voted}, but {place} is in {split}; FER+ is joined "
                    "by the order of the rows, so take both files as they were published"
                )
        agreement = _agreement(self.counts, labels)
        if len(places) >= ENOUGH and agreement < AGREE:
            raise DataError(
                f"{self.name}: its majority is FER2013's label in {agreement:.0%} of the rows, so "
                "the rows are not in the same order; take both files as they were published"
            )
        return self.counts


def majority(votes: Votes) -> NDArray[np.int64]:
    """Return the column of `COLUMNS` that has the majority in each row of ``votes`` (int64 N×10).

    The rule is that of the authors' published code: columns with a single vote are outliers and
    dropped, and the largest must have more than half of the votes that are left; otherwise the
    row has no majority, `NONE`.
    """
    kept = np.where(votes > 1, votes, 0)
    largest = kept.argmax(axis=1)
    most = np.take_along_axis(kept, largest[:, None], axis=1)[:, 0]
    return np.where(2 * most > kept.sum(axis=1), largest, NONE).astype(np.int64)


def shares(votes: Votes, class_names: Sequence[str]) -> NDArray[np.float32]:
    """Return the share of ``votes`` (int64 N×10) that each of ``class_names`` has, float32 N×K.

    Single votes are dropped, as for the `majority`, and so are votes for what is none of the
    classes. A row without any other has 0 everywhere; each of the others sums to 1.
    """
    columns = classes(np.arange(len(COLUMNS)), class_names)
    kept = np.zeros((len(votes), len(class_names)))
    kept[:, columns[columns >= 0]] = np.where(votes > 1, votes, 0)[:, columns >= 0]
    return np.asarray(kept / np.maximum(kept.sum(axis=1, keepdims=True), 1), np.float32)


def classes(columns: NDArray[np.int64], class_names: Sequence[str]) -> NDArray[np.int64]:
    """Return the index in ``class_names`` of each of ``columns``, -1 for what is none of them."""
    names = tuple(class_names)
    index = [names.index(name) if name in names else -1 for name in EXPRESSIONS]
    return np.array([*index, -1, -1, -1], np.int64)[columns]


@contextmanager
def beside(path: Path, tree: Tree) -> Iterator[tuple[Tree, str] | None]:
    """Find the table of votes of the FER2013 at ``path``, opened as ``tree``.

    It is a table with the columns of votes, FER2013's own or one in the same folder or archive,
    or ``fer2013new.csv`` in the folder of the file that was given. Yields its tree and its name.
    """
    inside = sorted(filter(is_table, tree.names), key=lambda n: (n.count("/"), n))
    for name in (*tree.names[: len(tree.names) == 1], *inside):
        if _header(tree, name) is not None:
            yield tree, name
            return
    sibling = _sibling(path)
    if sibling is None:
        yield None
        return
    with open_tree(sibling) as other:
        yield other, other.names[0]


def read_votes(tree: Tree, name: str) -> VotesTable:
    """Read a table of votes; a row that cannot be read raises ``DataError`` naming its line."""
    header = _header(tree, name)
    if header is None:
        raise DataError(f"{name}: has no columns of FER+ votes ({', '.join(COLUMNS)})")
    columns, usage = [header.names.index(column) for column in COLUMNS], header.place(*USAGE)
    counts, lines, splits = list[list[int]](), list[int](), list[str]()
    placed = Placed(name, header, lambda _: False)
    with tree.opened(name) as file:
        for row in read_rows(file, name, header.separator):
            fields = placed(row)
            if fields is None:
                continue
            place = f"{name}:{row.line}"
            counts.append([_votes(place, header.names[c], fields[c]) for c in columns])
            lines.append(row.line)
            splits.append("" if usage is None else split_of(fields[usage]) or "")
    if not counts:
        raise DataError(f"{name}: holds no votes; take a fresh copy of {FILE}")
    return VotesTable(name, np.array(counts, np.int64), np.array(lines, np.int64), tuple(splits))


def votes_file(path: Path) -> Path | None:
    """Return the votes that lie outside what was given, in the folder of the file ``path``."""
    return _sibling(path)


def _sibling(path: Path) -> Path | None:
    if path.is_dir():
        return None
    files = (file for file in path.resolve().parent.iterdir() if file.is_file())
    return next((f for f in sorted(files) if f.name.lower() == FILE and f != path.resolve()), None)


def _header(tree: Tree, name: str) -> Header | None:
    with tree.opened(name) as file:
        header = read_header(file, name, COLUMNS[0])
    return header if header and set(COLUMNS) <= set(header.names) else None


def _votes(place: str, column: str, text: str) -> int:
    count = whole_number(text)
    if count is None:
        raise DataError(f"{place}: {column} has {text[:40]!r} votes; expected a whole number")
    return count


def _agreement(counts: Votes, labels: Votes) -> float:
    """Return the share of the rows with a majority among FER2013's classes that it labels so."""
    voted = classes(majority(counts), CLASS_NAMES)
    known = voted >= 0
    return float((voted[known] == labels[known]).mean()) if known.any() else 0.0
