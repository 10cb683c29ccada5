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

from datasets.cache.builds import build_once
from datasets.cache.decoded import cache_folder
from datasets.files import replacing
from datasets.records import SPLIT_NAMES, DataSet, Split, SplitName

HEADER, ROWS = "pack.json", "rows.parquet"
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


def pack(data: DataSet, split: Split, *, cache: Path | None = None, room: str = "splits") -> Packs:
    """Write the packs of ``split`` into the cache, or find them there, intact.

    The training pack is named by ``split.training_digest``, so test rows have no part in it;
    ``room`` is the folder of the cache that it lies in.
    """
    root = cache or cache_folder()
    table = splits_table(data, split)

    def packed(folder: Path, names: Sequence[SplitName]) -> Path:
        return build_once(folder, _intact, lambda place: _write(place, data, split, table, names))

    return Packs(
        training=packed(root / room / split.training_digest, ("train", "validation")),
        sealed=packed(root / "sealed" / split.digest, ("test",)),
        targets=_targets(root, data.targets[split.train]) if data.targets is not None else None,
    )


def stored_packs(training_digest: str, digest: str, *, cache: Path | None = None) -> Packs | None:
    """Return the packs of a split that are in the cache, intact, or ``None``."""
    root = cache or cache_folder()
    packs = Packs(root / "splits" / training_digest, root / "sealed" / digest)
    return packs if _intact(packs.training) and _intact(packs.sealed) else None


def open_part(folder: Path, name: SplitName) -> Part:
    """Open one split of a pack; one that the pack does not hold raises ``FileNotFoundError``."""
    header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    table = pd.read_parquet(folder / ROWS)
    return Part(
        images=np.load(folder / f"{name}-images.npy", mmap_mode="r"),
        labels=np.load(folder / f"{name}-labels.npy"),
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
    content = io.BytesIO()
    np.save(content, targets)
    place = root / "targets" / f"{hashlib.sha256(content.getvalue()).hexdigest()}.npy"
    place.parent.mkdir(parents=True, exist_ok=True)
    with replacing(place) as file:
        file.write_bytes(content.getvalue())
    return place


def _write(
    folder: Path, data: DataSet, split: Split, table: pd.DataFrame, names: Sequence[SplitName]
) -> None:
    for name in names:
        rows = _rows(split, name)
        images = np.lib.format.open_memmap(
            folder / f"{name}-images.npy",
            mode="w+",
            dtype=np.uint8,
            shape=(len(rows), *data.image_shape),
        )
        for start in range(0, len(rows), CHUNK):
            images[start : start + CHUNK] = data.images[rows[start : start + CHUNK]]
        images.flush()
        np.save(folder / f"{name}-labels.npy", data.labels[rows])
    table[table["split"].isin(names)].to_parquet(folder / ROWS, index=False)
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    header = {
        "class_names": data.class_names,
        "image_shape": data.image_shape,
        "sizes": sizes,
    }
    (folder / HEADER).write_text(json.dumps(header, indent=2), encoding="utf-8")


def _intact(folder: Path) -> bool:
    try:
        sizes = json.loads((folder / HEADER).read_text(encoding="utf-8"))["sizes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return False
