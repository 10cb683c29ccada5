"""Kept runs: predictions by the SHA-256 of the pixels, without labels, rows or paths.

``images.parquet`` names the images of validation and test, sorted by their SHA-256; whatever a fit
answered is stored in that order, which tells nothing of a label. Copies of one picture have a line
each, and their answers are sorted by value: of several copies with different labels nobody can say
which answer was whose.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.errors import InputError
from benchmarks.store.contents import Contents
from benchmarks.store.digests import ORIGINAL
from benchmarks.store.files import (
    read_table,
    record_of,
    table_attributes,
    write_record,
    write_table,
)
from benchmarks.store.folder import RunFolder
from benchmarks.store.records import KeptRecord
from benchmarks.store.splits import SplitTable
from benchmarks.store.votes import VotesOnTest
from datasets.audit.audit import Audit
from datasets.reading.fer_plus import FILE as VOTES

ASKED = ("validation", "test")
"""The splits that have predictions, in the order of a kept run."""
SINGLE = 24
"""The significant bits of single precision."""
PLACE = "image"
"""The column of a kept ``robustness.parquet`` with the place of an image among those of test."""
NO_MODELS = "no models; `ferbench reproduce` trains them again"


@dataclass(frozen=True, eq=False)
class Labels:
    """What the user's own copy of a data set tells of a kept run.

    ``corrupted`` are the rows of the test images that were asked corrupted, int64, ascending.
    ``known`` is false of stand-ins, which let a kept run be read for what does not need labels.
    """

    splits: SplitTable
    audit: Audit | None
    votes: VotesOnTest | None
    corrupted: NDArray[np.int64]
    known: bool = True


@dataclass(frozen=True, eq=False)
class KeptImages:
    """The images of a kept run in their order; ``splits`` and ``image_ids`` are N strings."""

    splits: NDArray[np.str_]
    image_ids: NDArray[np.str_]

    def of(self, split: str) -> NDArray[np.str_]:
        """Return the SHA-256 of the images of one split, ascending."""
        return self.image_ids[self.splits == split]

    def unlabelled(self) -> Labels:
        """Return labels that are none: every image of the first class, in the order kept."""
        count = len(self.image_ids)
        blank = np.full(count, "", np.str_)
        zeros = np.zeros(count, np.int64)
        table = SplitTable(np.arange(count), self.image_ids, blank, zeros, self.splits)
        return Labels(table, None, None, np.zeros(0, np.int64), known=False)


def is_kept(folder: Path) -> bool:
    """Tell whether ``folder`` is a run that was kept without its labels."""
    return RunFolder(folder).kept.is_file()


def refuse_kept(folder: Path, why: str) -> None:
    """Raise ``InputError`` where ``folder`` is a kept run; ``why`` says what it lacks."""
    if is_kept(folder):
        raise InputError(f"{folder}: a kept run, which holds {why}")


def require_labels(folder: Path) -> None:
    """Raise ``InputError`` where ``folder`` is a kept run, whose numbers need labels."""
    refuse_kept(folder, "no labels; give --data PATH, the data set that it was made from")


def kept_images(images: SplitTable) -> KeptImages:
    """Return the images of validation and test in the order in which they are kept."""
    parts = [np.sort(images.of(split).image_ids) for split in ASKED]
    splits = np.repeat(ASKED, [len(part) for part in parts])
    return KeptImages(splits, np.concatenate(parts))


def write_kept(folder: RunFolder, record: KeptRecord, images: KeptImages) -> None:
    """Write ``kept.json`` and ``images.parquet``."""
    columns = {"split": images.splits, "image_id": images.image_ids}
    write_table(folder.images, pd.DataFrame(columns), small=True)
    write_record(folder.kept, record)


def read_kept(held: Contents) -> KeptRecord:
    """Read ``kept.json``; raises ``InputError`` where it does not hold."""
    path = RunFolder(held.run).kept
    record = record_of(KeptRecord, held.json_of(path, ORIGINAL))
    if record is None:
        raise InputError(f"{path}: does not tell how the run was kept; {ORIGINAL}")
    return record


def read_images(held: Contents) -> KeptImages:
    """Read ``images.parquet``; raises ``InputError`` where it does not hold."""
    path = RunFolder(held.run).images
    table = read_table(held.bytes_of(path, ORIGINAL), path, ("split", "image_id"))
    return KeptImages(table["split"].to_numpy(np.str_), table["image_id"].to_numpy(np.str_))


def rounded(probabilities: NDArray[np.float64], bits: int) -> NDArray[np.float32]:
    """Return ``probabilities``, N×K, to so many significant bits; each answer stays the same.

    Where the largest would no longer be, it is stored larger by its last bit.
    """
    mantissas, exponents = np.frexp(probabilities)
    found = np.ldexp(np.rint(np.ldexp(mantissas, bits)), exponents - bits)
    rows, answers = np.arange(len(found)), probabilities.argmax(axis=1)
    lost = rows[found.argmax(axis=1) != answers]
    found[lost, answers[lost]] += np.ldexp(1.0, exponents[lost, answers[lost]] - bits)
    return np.asarray(found, np.float32)


def keep_answers(source: Path, target: Path, images: SplitTable, classes: int, bits: int) -> None:
    """Write the ``predictions.parquet`` or ``views.parquet`` at ``source`` as it is kept.

    ``images`` is the split of the run. Rows, labels and identities stay behind; probabilities,
    those of so many ``classes`` side by side for each view, have so many significant ``bits``.
    """
    content = source.read_bytes()
    table = read_table(content, source).sort_values("row")
    names = [name for name in table if name not in ("row", "image_id", "label", "split")]
    parts = []
    for split in ASKED:
        numbers = table.loc[table["split"] == split, names].to_numpy(np.float64)
        views = np.split(numbers, len(names) // classes, axis=1)
        found = np.hstack([rounded(view, bits) for view in views])
        parts.append(found[_order(images.of(split).image_ids, found)])
    made = pd.DataFrame(np.concatenate(parts), columns=names)
    made.attrs.update(table_attributes(content))
    write_table(target, made, small=True)


def keep_robustness(source: Path, target: Path, images: SplitTable) -> None:
    """Write the ``robustness.parquet`` at ``source`` as it is kept, without rows and labels."""
    content = source.read_bytes()
    table = read_table(content, source)
    test = images.of("test")
    ids = test.image_ids[np.searchsorted(test.rows, table["row"])]
    answers = table.drop(columns=["row", "label"])
    order = _order(ids, answers.to_numpy())
    made = answers.iloc[order].reset_index(drop=True).astype(np.int16)
    made.insert(0, PLACE, _places(ids[order], np.sort(test.image_ids)))
    made.attrs.update(table_attributes(content))
    write_table(target, made, small=True)


def _order(ids: NDArray[np.str_], values: NDArray[Any]) -> NDArray[np.int64]:
    """Sort by identity, and copies of one picture by their ``values``, N×K."""
    return np.lexsort((*values.T[::-1], ids))


def _places(ids: NDArray[np.str_], every: NDArray[np.str_]) -> NDArray[np.int32]:
    """Return where sorted ``ids`` stand in ``every``, sorted; copies one after the other."""
    first = np.searchsorted(ids, ids)
    return (np.searchsorted(every, ids) + np.arange(len(ids)) - first).astype(np.int32)


class KeptTables:
    """Gives the tables of a kept run their rows and labels back."""

    def __init__(self, held: Contents, labels: Labels) -> None:
        self._images, self._labels = read_images(held), labels
        parts = [self._joined(RunFolder(held.run), split) for split in ASKED]
        self._rows = pd.concat(parts, ignore_index=True)

    def _joined(self, folder: RunFolder, split: str) -> pd.DataFrame:
        part = self._labels.splits.of(split)
        order = np.lexsort((part.rows, part.image_ids))
        found = part.only(order)
        if not np.array_equal(found.image_ids, self._images.of(split)):
            raise InputError(f"{folder.images}: its {split} images are not those of the data")
        columns = {"row": found.rows, "image_id": found.image_ids, "label": found.labels}
        return pd.DataFrame(columns).assign(split=split)

    def answered(self, path: Path, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of predictions or views with row, image_id, label and split."""
        if len(table) != len(self._rows):
            raise InputError(f"{path}: holds other images; {ORIGINAL}")
        return pd.concat([self._rows, table], axis=1)

    def corrupted(self, path: Path, table: pd.DataFrame) -> pd.DataFrame | None:
        """Return a table of answers to corrupted images with row and label.

        ``None`` where the labels are stand-ins, with which no image was drawn.
        """
        if not self._labels.known:
            return None
        test = self._labels.splits.of("test")
        asked = test.only(np.searchsorted(test.rows, self._labels.corrupted))
        asked = asked.only(np.lexsort((asked.rows, asked.image_ids)))
        every, places = self._images.of("test"), table[PLACE].to_numpy()
        inside = len(places) == 0 or (places.min() >= 0 and places.max() < len(every))
        if not inside or not np.array_equal(every[places], asked.image_ids):
            raise InputError(f"{path}: holds other images than the data's; {ORIGINAL}")
        return table.drop(columns=PLACE).assign(row=asked.rows, label=asked.labels)


def missing_votes(folder: Path) -> InputError:
    """Return the refusal of data without the votes that the page of ``folder`` was made with."""
    return InputError(
        f"{folder}: its page was made with the votes of FER+; put {VOTES} beside the data"
    )
