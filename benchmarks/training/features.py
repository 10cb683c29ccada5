"""The feature cache: what a frozen backbone makes of the images, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Images, Learner
from datasets.cache.builds import build_entry

FEATURES = "features.npy"


@dataclass(frozen=True)
class FeatureCache:
    """A folder of entries, each the features of some images, named by all that decides them.

    ``description`` is JSON with what backbone weights and images do not tell: architecture,
    input size, precision, library versions.
    """

    folder: Path
    description: Mapping[str, Any]

    def features(self, learner: Learner, images: Images) -> NDArray[np.float32]:
        """Return the backbone's features of ``images``, float32 N×…, as a read-only memory map.

        Processes that ask at the same time wait for the one that computes; what is damaged is
        computed again. Raises ``DataError`` where the folder cannot be written.
        """
        place = self.folder / self._key(learner, images)
        build_entry(place, lambda folder: np.save(folder / FEATURES, learner.features(images)))
        features: NDArray[np.float32] = np.load(place / FEATURES, mmap_mode="r")
        return features

    def _key(self, learner: Learner, images: Images) -> str:
        digest = hashlib.sha256(json.dumps(dict(self.description), sort_keys=True).encode())
        weights = {k: v for k, v in learner.weights().items() if k.startswith("backbone/")}
        for name, array in [*sorted(weights.items()), ("images", images)]:
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
