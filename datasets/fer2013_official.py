"""The published FER2013: its counts, digests and sharpness, and how a copy differs from them."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from types import MappingProxyType

import cv2
import numpy as np

from datasets.images import Pixels, image_id
from datasets.records import SPLIT_NAMES, Provenance
from datasets.registry import Sample

SIDE = 48
CLASS_NAMES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
USAGES = MappingProxyType({"Training": "train", "PublicTest": "validation", "PrivateTest": "test"})
COUNTS = MappingProxyType(
    {
        "train": (3995, 436, 4097, 7215, 4965, 4830, 3171),
        "validation": (467, 56, 496, 895, 607, 653, 415),
        "test": (491, 55, 528, 879, 626, 594, 416),
    }
)
DIGESTS = MappingProxyType(
    {
        "train": "0748340ca5b941566866903bd7dcbf82f3e832c9583e3bf18c2dbb801f2840d8",
        "validation": "342dbb573a67d288c7244fed2daa83e9e748cee357f89a78f5978f339b63acc7",
        "test": "0e5493828064078a356886ba4a754fc28c01c7061dfc197b1fc0cac4c65fdef5",
    }
)
SHARPNESS = MappingProxyType({"train": 28.572, "validation": 28.751, "test": 28.869})
RECOMPRESSION = 0.1
"""Relative change of sharpness within which JPEG compression (quality 50 to 100) stays."""


class Comparison:
    """Collects a copy's images and tells how they differ from the published data set."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._lines: defaultdict[str, list[str]] = defaultdict(list)
        self._sharpness: defaultdict[str, float] = defaultdict(float)

    def add(self, sample: Sample) -> Sample:
        """Take note of ``sample`` and return it."""
        self._counts[sample.split, sample.label] += 1
        self._lines[sample.split].append(f"{sample.label} {image_id(sample.image)}")
        self._sharpness[sample.split] += sharpness(sample.image)
        return sample

    def official_or_altered(self) -> Provenance:
        """Compare counts per split and class first, then pixels and labels by digest."""
        notes = [note for split in SPLIT_NAMES for note in self._differences(split)]
        return Provenance("altered" if notes else "official", tuple(notes))

    def digest(self, split: str) -> str:
        """Return the SHA-256 over the sorted (label, pixels' SHA-256) of ``split``, in hex."""
        return hashlib.sha256("\n".join(sorted(self._lines[split])).encode()).hexdigest()

    def mean_sharpness(self, split: str) -> float:
        """Return the mean `sharpness` of the images of ``split``."""
        return self._sharpness[split] / len(self._lines[split])

    def _differences(self, split: str) -> list[str]:
        wrong_counts = [
            f"{split}/{name} has {self._counts[split, label]:,} images, "
            f"the official split has {official:,}"
            for label, (name, official) in enumerate(zip(CLASS_NAMES, COUNTS[split], strict=True))
            if self._counts[split, label] != official
        ]
        if not wrong_counts and self.digest(split) == DIGESTS[split]:
            return []
        return wrong_counts + self._pixel_differences(split, counts_agree=not wrong_counts)

    def _pixel_differences(self, split: str, *, counts_agree: bool) -> list[str]:
        if not self._lines[split]:
            return []
        change = self.mean_sharpness(split) / SHARPNESS[split] - 1
        if abs(change) > RECOMPRESSION:
            how = "sharper" if change > 0 else "softer"
            return [
                f"{split}: images are on average {abs(change):.0%} {how} than the published ones: "
                "they were filtered, resized or heavily compressed"
            ]
        if counts_agree:
            return [
                f"{split}: pixels or labels differ from the published ones, sharpness does not "
                f"({change:+.1%}): most likely JPEG compression, which is harmless"
            ]
        return []


def sharpness(image: Pixels) -> float:
    """Return the mean absolute Laplacian of a grey image, in grey levels."""
    return float(np.abs(cv2.Laplacian(image, cv2.CV_16S)).mean())
