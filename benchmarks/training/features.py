"""The feature cache: what a frozen backbone makes of the images, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from benchmarks.engines.contract import PREDICTION_BATCH, Images, Learner
from benchmarks.training.augmentation import Geometry
from datasets.cache.builds import build_entry
from models.registry import Augmentation, Recipe

FEATURES = "features.npy"
Features = NDArray[np.float32]
DAYS = 30
"""How long an entry is kept after it was last opened."""
CHUNK = 1 << 26
"""Bytes of images that are changed at once."""
PROOF = 64
"""Images of a view whose pixels are in its name, so that no other augmentation's are taken."""


@dataclass(frozen=True)
class FeatureCache:
    """A folder of entries, each the features of some images, named by all that decides them.

    ``description`` is JSON with what backbone weights and images do not tell: architecture,
    input size, crop, code, precision, device, library versions.
    """

    folder: Path
    description: Mapping[str, Any]

    def of(self, learner: Learner) -> FrozenFeatures:
        """Return the features by the backbone of ``learner``, for as long as it stays as it is."""
        return FrozenFeatures(self, learner)


class FrozenFeatures:
    """What one frozen backbone makes of images; they and its weights are digested once."""

    def __init__(self, cache: FeatureCache, learner: Learner) -> None:
        self._cache, self._learner = cache, learner
        self._backbone = _backbone(cache.description, learner)
        self._images: dict[int, tuple[Images, str]] = {}
        self._opened: dict[str, Features] = {}

    def features(self, images: Images, view: Geometry | None = None) -> Features:
        """Return the features of ``images`` in a ``view``, float32 N×…, as a read-only memory map.

        Processes that ask at the same time wait for the one that computes; what is damaged is
        computed again. Raises ``DataError`` where the folder cannot be written.
        """
        key = self._key(images, view)
        if key not in self._opened:
            self._opened[key] = self._open(key, images, view)
        return self._opened[key]

    def _open(self, key: str, images: Images, view: Geometry | None) -> Features:
        place = self._cache.folder / key
        with suppress(FileNotFoundError):
            os.utime(place)
        build_entry(place, lambda folder: self._write(folder / FEATURES, images, view))
        features: Features = np.load(place / FEATURES, mmap_mode="r")
        return features

    def _write(self, file: Path, images: Images, view: Geometry | None) -> None:
        """Write the features as NumPy would, but a part at a time, and make room before."""
        forget_unused(self._cache.folder)
        with file.open("wb") as opened:
            for start, part in _parts(images, view):
                found = self._learner.features(part)
                if not start:
                    shape = (len(images), *found.shape[1:])
                    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
                    npy.write_array_header_2_0(opened, described)
                opened.write(np.ascontiguousarray(found, "<f4").data)

    def _key(self, images: Images, view: Geometry | None) -> str:
        digest = hashlib.sha256(f"{self._backbone} {self._digest(images)}".encode())
        if view is not None:
            first = np.arange(min(PROOF, len(images)))
            for array in (view.matrices, view.boxes, view.apply(images, first)):
                _update(digest, "view", array)
        return digest.hexdigest()

    def _digest(self, images: Images) -> str:
        if id(images) not in self._images:
            digest = hashlib.sha256()
            _update(digest, "images", images)
            self._images[id(images)] = images, digest.hexdigest()
        return self._images[id(images)][1]


def fixed_views(recipe: Recipe, augmentation: Augmentation) -> int:
    """Return how many fixed views of the training images a frozen backbone sees in turn.

    0 is anew in every epoch: with mixup, which blends images, and with a smaller input at first
    there is no other way.
    """
    if recipe.mixup or recipe.progressive:
        return 0
    changes = augmentation != "none" or recipe.crop
    return recipe.frozen_views if changes else 1


def forget_unused(folder: Path) -> None:
    """Remove the entries that nobody has opened for `DAYS`."""
    oldest = time.time() - DAYS * 24 * 3600
    for entry in folder.iterdir():
        with suppress(FileNotFoundError):  # another process has moved it meanwhile
            if entry.is_dir() and entry.stat().st_mtime < oldest:
                shutil.rmtree(entry, ignore_errors=True)


def _parts(images: Images, view: Geometry | None) -> Iterator[tuple[int, Images]]:
    """Yield parts of ``images`` in a view, each of whole batches, with the places they begin at."""
    size = max(CHUNK // (images[0].nbytes * PREDICTION_BATCH), 1) * PREDICTION_BATCH
    for start in range(0, len(images), size):
        rows = np.arange(start, min(start + size, len(images)))
        yield start, images[start : start + size] if view is None else view.apply(images, rows)


def _backbone(description: Mapping[str, Any], learner: Learner) -> str:
    """Digest a backbone: its weights and all else that decides what it answers."""
    digest = hashlib.sha256(json.dumps(dict(description), sort_keys=True).encode())
    for name, array in sorted(learner.weights().items()):
        if name.startswith("backbone/"):
            _update(digest, name, array)
    return digest.hexdigest()


def _update(digest: Any, name: str, array: NDArray[Any]) -> None:
    digest.update(f"{name} {array.dtype} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
