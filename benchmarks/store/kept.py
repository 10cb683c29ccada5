"""Kept runs: predictions by the SHA-256 of the pixels, without labels, rows or paths.

``images.parquet`` names the images of validation and test, sorted by their SHA-256; whatever a fit
answered is stored in that order, which tells nothing of a label. Copies of one picture have a line
each, in the order of a SHA-256 of their paths: whoever has the data finds the label of each, also
where they contradict each other, and nobody else learns anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.errors import InputError
from benchmarks.store.contents import Contents
from benchmarks.store.digests import ORIGINAL, published, read_digests
from benchmarks.store.files import (
    read_table,
    record_of,
    table_attributes,
    write_record,
    write_table,
)
from benchmarks.store.folder import FitFolder, RunFolder
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
NO_MODELS = "no model of it; `ferbench reproduce` trains it again"


@dataclass(frozen=True, eq=False)
class Labels:
    """What the user's own copy of a data set tells of a kept run.

    ``known`` is false of stand-ins, which let a kept run be read for what does not need labels.
    """

    splits: SplitTable
    audit: Audit | None
    votes: VotesOnTest | None
    known: bool = True


@dataclass(frozen=True, eq=False)
class KeptImages:
    """The images of a kept run in their order; ``splits`` and ``image_ids`` are N strings."""

    splits: NDArray[np.str_]
    image_ids: NDArray[np.str_]

    def of(self, split: str) -> NDArray[np.str_]:
        """Return the SHA-256 of the images of one split, ascending."""
        return np.asarray(self.image_ids[self.splits == split])

    def unlabelled(self) -> Labels:
        """Return labels that are none: every image of the first class, in the order kept."""
        count = len(self.image_ids)
        blank = np.full(count, "", np.str_)
        zeros = np.zeros(count, np.int64)
        table = SplitTable(np.arange(count), self.image_ids, blank, zeros, self.splits)
        return Labels(table, None, None, known=False)


def is_kept(folder: Path) -> bool:
    """Tell whether ``folder`` is a run that was kept without its labels, or what is left of one."""
    place = RunFolder(folder)
    return place.kept.is_file() or place.images.is_file()


def refuse_kept(folder: Path, why: str) -> None:
    """Raise ``InputError`` where ``folder`` is a kept run; ``why`` says what it lacks."""
    if is_kept(folder):
        raise InputError(f"{folder}: a kept run, which holds {why}")


def require_labels(folder: Path) -> None:
    """Raise ``InputError`` where ``folder`` is a kept run, whose numbers need labels."""
    refuse_kept(folder, "no labels; give --data PATH, the data set that it was made from")


def kept_models(folder: Path) -> list[Path]:
    """Return the fits of a kept run whose model was kept too, by seed, though files be lost.

    Raises ``InputError`` where ``digests.json`` was changed.
    """
    known = read_digests(folder)
    place, card = RunFolder(folder), FitFolder(Path()).card.name
    names = map(Path, published(folder) if known is None else known)
    found = [(place.path / name).parent for name in names if name.name == card]
    return sorted(found, key=lambda fit: (fit.parent, len(fit.name), fit.name))


def kept_images(images: SplitTable) -> KeptImages:
    """Return the images of validation and test in the order in which they are kept."""
    parts = [_sorted(images.of(split)).image_ids for split in ASKED]
    splits = np.repeat(ASKED, [len(part) for part in parts])
    return KeptImages(splits, np.concatenate(parts))


def _sorted(images: SplitTable) -> SplitTable:
    """Return ``images`` by the SHA-256 of their pixels, copies by that of their paths."""
    return images.only(_order(images))


def _order(images: SplitTable) -> NDArray[np.int64]:
    """Sort by pixels and then by path, whose mark is another for every picture."""
    named = zip(images.image_ids.tolist(), images.paths.tolist(), strict=True)
    marks = [sha256(" ".join(each).encode(errors="surrogatepass")).hexdigest() for each in named]
    return np.lexsort((np.array(marks, np.str_), images.image_ids))


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
        parts.append(found[_order(images.of(split))])
    made = pd.DataFrame(np.concatenate(parts), columns=names)
    made.attrs.update(table_attributes(content))
    write_table(target, made, small=True)


def keep_robustness(source: Path, target: Path, images: SplitTable) -> None:
    """Write the ``robustness.parquet`` at ``source`` as it is kept, without rows and labels."""
    content = source.read_bytes()
    table = read_table(content, source).set_index("row").drop(columns="label")
    rows = _sorted(images.of("test")).rows
    asked = np.flatnonzero(np.isin(rows, table.index))
    made = table.loc[rows[asked]].reset_index(drop=True).astype(np.int16)
    made.insert(0, PLACE, asked.astype(np.int32))
    made.attrs.update(table_attributes(content))
    write_table(target, made, small=True)


class KeptTables:
    """Gives the tables of a kept run their rows and labels back."""

    def __init__(self, held: Contents, labels: Labels) -> None:
        images, place = read_images(held), RunFolder(held.run).images
        self._rows = pd.concat(
            [_joined(place, split, images, labels) for split in ASKED], ignore_index=True
        )

    def answered(self, path: Path, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of predictions or views with row, image_id, label and split."""
        if len(table) != len(self._rows):
            raise InputError(f"{path}: holds other images; {ORIGINAL}")
        return pd.concat([self._rows, table], axis=1)

    def corrupted(self, path: Path, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of answers to corrupted images with row and label."""
        test = self._rows[self._rows["split"] == "test"]
        if not table[PLACE].between(0, len(test) - 1).all():
            raise InputError(f"{path}: holds other images; {ORIGINAL}")
        found = test.iloc[table[PLACE].to_numpy()][["row", "label"]].reset_index(drop=True)
        return pd.concat([found, table.drop(columns=PLACE)], axis=1)


def _joined(place: Path, split: str, images: KeptImages, labels: Labels) -> pd.DataFrame:
    found = _sorted(labels.splits.of(split))
    if not np.array_equal(found.image_ids, images.of(split)):
        raise InputError(f"{place}: its {split} images are not those of the data")
    columns = {"row": found.rows, "image_id": found.image_ids, "label": found.labels}
    return pd.DataFrame(columns).assign(split=split)


def require_votes(folder: Path, record: KeptRecord, votes: VotesOnTest | None) -> None:
    """Raise ``InputError`` unless ``votes`` are those that the page of ``folder`` was made with."""
    if record.voted and votes is None:
        raise InputError(
            f"{folder}: its page was made with the votes of FER+; put {VOTES} beside the data"
        )
    if votes is not None and record.votes_digest not in ("", votes.digest):
        raise InputError(
            f"{folder}: its page was made with other votes of FER+ than those beside the data; "
            f"put the {VOTES} there that it was made with"
        )
