"""A sample of training images, alone in a folder of the cache, that backbones are scouted on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks.data.prepared import PreparedData
from datasets.audit.groups import subject_groups
from datasets.cache.builds import build_entry
from datasets.cache.content import intact_file
from datasets.cache.decoded import cache_folder
from datasets.cache.digests import rows_digest
from datasets.records import DataError
from datasets.splits import stratified_part

FOLDS = 5
ARRAYS = ("images", "labels", "folds", "groups")


@dataclass(frozen=True, eq=False)
class Sample:
    """Training images with what a cross-validation of them needs.

    ``images``: uint8 N×H×W×C, a read-only memory map; ``labels``, ``folds`` and ``groups``: int64
    N. Images of one group are identical or of one subject, and in one fold.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
    groups: NDArray[np.int64]


def take_sample(prepared: PreparedData, images: int) -> Path:
    """Put ``images`` of the training split, or all, into a folder named by all that they are.

    Each class has its share. No validation and no test image is among them. Raises ``DataError``
    where there are too few for the classes, or to be cross-validated.
    """
    data, rows = prepared.data, prepared.split.train
    if images < len(data.class_names):
        raise DataError(
            f"{data.name}: {images} images cannot show {len(data.class_names)} classes; take more"
        )
    if images < len(rows):
        rows = stratified_part(data, rows, images, seed=0)
    labels, groups = data.labels[rows], subject_groups(data)[rows]
    folds = _folds(data.name, labels, groups)
    lines = zip(data.image_ids[rows], labels, folds, groups, strict=True)
    named = rows_digest([*data.class_names, str(data.image_shape)], lines)

    def write(folder: Path) -> None:
        arrays: tuple[NDArray[Any], ...] = (data.images[rows], labels, folds, groups)
        for name, array in zip(ARRAYS, arrays, strict=True):
            np.save(folder / f"{name}.npy", array)

    return build_entry(cache_folder() / "samples" / named, write)


def open_sample(folder: Path) -> Sample:
    """Open the sample in ``folder``; raises ``DataError`` where it is damaged."""
    files = [intact_file(folder, f"{name}.npy") for name in ARRAYS]
    images = np.load(files[0], mmap_mode="r")
    return Sample(images, *(np.load(file) for file in files[1:]))


def clustered_error(values: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """Return the standard error of the mean of ``values``, N, over images in ``groups``, N.

    What is left of the mean is added up in each group first, so that copies of a picture count
    as one (Liang & Zeger, doi 10.1093/biomet/73.1.13). That the fits of a cross-validation share
    images is not in it.
    """
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, weights=values - values.mean())
    count = len(sums)
    return float(np.sqrt((sums**2).sum() * count / max(count - 1, 1)) / len(values))


def _folds(name: str, labels: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Deal the images out to `FOLDS` folds, each group whole, classes as evenly as that allows."""
    count = min(FOLDS, len(np.unique(groups)), int(np.bincount(labels).max()))
    if count < 2:
        raise DataError(
            f"{name}: its training images are of one group (one subject, copies) or one of each "
            "class, too few to be cross-validated; add images"
        )
    folds = np.empty(len(labels), np.int64)
    dealer = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class may be in fewer folds
        for fold, (_, taken) in enumerate(dealer.split(labels, labels, groups)):
            folds[taken] = fold
    return folds
