"""Packs: the arrays that workers open, training and validation apart from the sealed test set."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cache.builds import build_entry, tell_of_damage, unwritable_told
from datasets.cache.content import damaged, intact_file, is_intact
from datasets.cache.decoded import cache_folder
from datasets.files import replacing, sha256_once
from datasets.records import SPLIT_NAMES, DataSet, Split, SplitName

HEADER, ROWS = "pack.json", "rows.parquet"
SEALED, SPLITS = "sealed", "splits"
"""The folders of the cache that packs of test images lie in, and those for workers."""
CHUNK = 4096


@dataclass(frozen=True)
class Packs:
    """Two folders of arrays: ``training`` is for workers, ``sealed`` for scoring alone.

    ``targets`` is the file of what the training images are trained on, float32 N×K, where that is
    not their labels; it is named by its digest.
    """

    training: Path
    sealed: Path
    targets: Path | None = None


@dataclass(frozen=True)
class Part:
    """One split in a pack.

    ``images``: uint8 N×H×W×C, a read-only memory map; ``labels``: int64 N; ``rows``: the
    table's ``row``, ``image_id``, ``path``, ``label`` and ``split`` of each image.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    rows: pd.DataFrame
    class_names: tuple[str, ...]


def pack(data: DataSet, split: Split, *, cache: Path | None = None, room: str = SPLITS) -> Packs:
    """Write the packs of ``split`` into the cache, or find them there, intact.

    The training pack is named by ``split.training_digest``, so test rows have no part in it;
    ``room`` is the folder of the cache that it lies in.
    """
    root = cache or cache_folder()
    table = splits_table(data, split)

    def packed(folder: Path, names: Sequence[SplitName]) -> Path:
        return build_entry(folder, lambda place: _write(place, data, split, table, names))

    return Packs(
        training=packed(root / room / split.training_digest, ("train", "validation")),
        sealed=packed(root / SEALED / split.digest, ("test",)),
        targets=_targets(root, data.targets[split.train]) if data.targets is not None else None,
    )


def stored_packs(training_digest: str, digest: str, *, cache: Path | None = None) -> Packs | None:
    """Return the packs of a split that are in the cache, intact, or ``None``.

    One that is there and damaged is told on standard error.
    """
    root = cache or cache_folder()
    folders = (root / SPLITS / training_digest, root / SEALED / digest)
    damaged = [folder for folder in folders if not is_intact(folder)]
    for folder in filter(Path.exists, damaged):
        tell_of_damage(folder, "it is not used; ferbench run builds it again from the data")
    return None if damaged else Packs(*folders)


def open_part(folder: Path, name: SplitName) -> Part:
    """Open one split of a pack; one that the pack does not hold raises ``FileNotFoundError``.

    Raises ``DataError`` for a pack that is damaged.
    """
    header = json.loads(intact_file(folder, HEADER).read_text(encoding="utf-8"))
    table = pd.read_parquet(intact_file(folder, ROWS))
    return Part(
        images=np.load(intact_file(folder, f"{name}-images.npy"), mmap_mode="r"),
        labels=np.load(intact_file(folder, f"{name}-labels.npy")),
        rows=table[table["split"] == name].reset_index(drop=True),
        class_names=tuple(header["class_names"]),
    )


def splits_table(data: DataSet, split: Split) -> pd.DataFrame:
    """Return one line for each image: ``row``, ``image_id``, ``path``, ``label``, ``split``.

    ``row`` counts from 0 over train, validation and test in that order; ``label`` is the class
    index.
    """
    rows = np.concatenate([_rows(split, name) for name in SPLIT_NAMES])
    lengths = [len(_rows(split, name)) for name in SPLIT_NAMES]
    return pd.DataFrame(
        {
            "row": np.arange(len(rows), dtype=np.int64),
            "image_id": data.image_ids[rows],
            "path": data.paths[rows],
            "label": data.labels[rows],
            "split": np.repeat(SPLIT_NAMES, lengths),
        }
    )


def _rows(split: Split, name: SplitName) -> NDArray[np.int64]:
    return cast(NDArray[np.int64], getattr(split, name))


def _targets(root: Path, targets: NDArray[np.float32]) -> Path:
    """Write what training images are trained on; the file is named by its digest."""
    content = io.BytesIO()
    np.save(content, targets)
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    place = root / "targets" / f"{digest}.npy"
    if _is_named_by_digest(place):
        return place
    with unwritable_told(place.parent), replacing(place) as file:
        file.write_bytes(content.getvalue())
    return place


def intact_targets(file: Path) -> Path:
    """Return ``file``, what is trained on; raises ``DamagedEntry`` where it is not as written."""
    if not _is_named_by_digest(file):
        raise damaged(file)
    return file


def _is_named_by_digest(file: Path) -> bool:
    return file.is_file() and sha256_once(file) == file.stem


def _write(
    folder: Path, data: DataSet, split: Split, table: pd.DataFrame, names: Sequence[SplitName]
) -> None:
    for name in names:
        rows = _rows(split, name)
        _write_images(folder / f"{name}-images.npy", data, rows)
        np.save(folder / f"{name}-labels.npy", data.labels[rows])
    table[table["split"].isin(names)].to_parquet(folder / ROWS, index=False)
    header = {"class_names": data.class_names, "image_shape": data.image_shape}
    (folder / HEADER).write_text(json.dumps(header, indent=2), encoding="utf-8")


def _write_images(file: Path, data: DataSet, rows: NDArray[np.int64]) -> None:
    """Write an array a piece at a time; in a map of its file, a full disk kills the process."""
    shape = (len(rows), *data.image_shape)
    with file.open("wb") as stream:
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "|u1", "fortran_order": False, "shape": shape}
        )
        for start in range(0, len(rows), CHUNK):
            images = data.images[rows[start : start + CHUNK]]
            stream.write(np.ascontiguousarray(images).data)
