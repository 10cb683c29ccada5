"""FER2013 with the votes of FER+ that lie beside its table: as labels, or only offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from datasets.reading import fer_plus
from datasets.reading.fer2013_official import CLASS_NAMES
from datasets.reading.fer2013_rows import labelled_rows
from datasets.reading.fer2013_tables import Table
from datasets.reading.fer_plus import VotesTable
from datasets.reading.trees import open_tree
from datasets.records import DataError, LeftOut, Provenance
from datasets.registry import Sample


class Relabelling:
    """Gives samples the majority of their FER+ votes as class, or says that it could.

    ``labels`` is ``""`` for FER2013's own labels or `fer_plus.LABELS`. Raises ``DataError`` for
    anything else, and for votes that are asked for and are not there.
    """

    def __init__(self, path: Path, tables: Sequence[Table], labels: str) -> None:
        self._wanted = wants_votes(labels)
        self._fault = ""
        self._votes: VotesTable | None = None
        self._seen: list[tuple[str, str, int]] = []
        self.left_out: tuple[LeftOut, ...] = ()
        try:
            self._votes = _read(path)
        except DataError as error:
            if self._wanted:
                raise
            self._fault = str(error)
        if self._wanted and self._votes is None:
            raise DataError(
                f"{path}: no votes of FER+ beside {tables[0].name}; put {fer_plus.FILE} there "
                "(github.com/microsoft/FERPlus), or leave data.labels out"
            )

    @property
    def class_names(self) -> tuple[str, ...]:
        """FER2013's classes and, by votes, contempt."""
        return fer_plus.EIGHT_CLASSES if self._wanted else CLASS_NAMES

    def relabelled(self, samples: Iterator[Sample]) -> Iterator[Sample]:
        """Yield ``samples``; with votes, those that have a class by majority, under that class."""
        if not self._wanted or self._votes is None:
            for sample in samples:
                self._seen.append((sample.path, sample.split, sample.label))
                yield sample
            return
        every = list(samples)
        self._seen = [(sample.path, sample.split, sample.label) for sample in every]
        columns = fer_plus.majority(_joined(self._votes, self._seen))
        classes = fer_plus.classes(columns, self.class_names)
        left_out = []
        for sample, column, label in zip(every, columns.tolist(), classes.tolist(), strict=True):
            if label >= 0:
                yield replace(sample, label=label)
            else:
                left_out.append(_without_class(sample, column))
        self.left_out = tuple(left_out)

    def provenance(self, found: Provenance) -> Provenance:
        """Add to what was ``found`` which labels these are, or which they could be."""
        if self._wanted and self._votes is not None:
            counts = Counter(one.reason.removeprefix("FER+: ") for one in self.left_out)
            why = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
            note = (
                f"labels are the majority of FER+ votes ({self._votes.name}), not FER2013's own; "
                f"left out: {len(self.left_out):,} of {len(self._seen):,} images"
                + (f" ({why})" if why else "")
            )
            status = "altered" if found.status == "official" else found.status
            return Provenance(status, (note, *found.notes))
        note = self._offer()
        return replace(found, notes=(*found.notes, note)) if note else found

    def _offer(self) -> str:
        try:
            if self._votes is None:
                return self._fault and f"FER+ votes are there, but of no use: {self._fault}"
            _joined(self._votes, self._seen)
        except DataError as error:
            return f"FER+ votes are there, but of no use: {error}"
        return f'FER+ votes are there ({self._votes.name}): [data] labels = "{fer_plus.LABELS}"'


def wants_votes(labels: str) -> bool:
    """Tell whether ``labels`` asks for FER+; raises ``DataError`` for anything unknown."""
    plain = labels.strip().lower()
    if plain not in ("", fer_plus.LABELS, "ferplus"):
        raise DataError(
            f'data.labels is {labels!r}; fer2013 knows "{fer_plus.LABELS}", or leave it out'
        )
    return bool(plain)


def votes_by_place(path: Path, tables: Sequence[Table]) -> Mapping[str, tuple[int, ...]]:
    """Return the votes of each image by its place ``<file>:<line>``; none where none are.

    Raises ``DataError`` for votes that cannot be joined.
    """
    votes = _read(path)
    if votes is None:
        return MappingProxyType({})
    with open_tree(path) as tree:
        rows = [(row.place, row.split, row.label) for row in labelled_rows(tree, tables)]
    counts = _joined(votes, rows).tolist()
    return {place: tuple(each) for (place, _, _), each in zip(rows, counts, strict=True)}


def _read(path: Path) -> VotesTable | None:
    with open_tree(path) as tree, fer_plus.beside(path, tree) as found:
        return fer_plus.read_votes(*found) if found else None


def _joined(votes: VotesTable, rows: Sequence[tuple[str, str, int]]) -> fer_plus.Votes:
    places, splits, labels = zip(*rows, strict=True)
    return votes.joined(places, splits, np.array(labels, np.int64))


def _without_class(sample: Sample, column: int) -> LeftOut:
    return LeftOut(
        path=sample.path,
        kind="unused",
        reason=fer_plus.WHY_NONE[column],
        split=sample.split,
        class_name=CLASS_NAMES[sample.label],
    )
