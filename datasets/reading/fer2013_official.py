"""The published FER2013: its counts, digests and measures, and how a copy differs from them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from types import MappingProxyType

import numpy as np

from datasets.audit.measures import MEASURES, measure_one
from datasets.reading.fer2013_places import unchanged
from datasets.reading.images import image_id
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
TOTAL = sum(map(sum, COUNTS.values()))
WHOLE = "d12aa6bccece7335ef48b5cb4bae38518132b719fdddb4d5d3a5b747d6645c3b"
"""The digest of all images with their labels, whatever split they are in."""
PIXELS = "1a5246580d9bb51eb2bd407f64ec69bbfb2e79c02e14c41f53698601234b5a78"
"""The digest of all images without their labels."""
MEANS = MappingProxyType(
    {
        "train": (129.474, 54.027, 28.572),
        "validation": (128.981, 54.086, 28.751),
        "test": (129.083, 54.264, 28.869),
    }
)
"""Mean brightness, contrast and sharpness of each split (see `datasets.audit.measures`)."""
TOLERANCES = (0.05, 0.04, 0.1)
"""Relative changes of `MEANS` within which JPEG compression (quality 50 to 100) stays."""
FEW = 0.1
"""Share of unchanged images that compression leaves at most: those without any detail."""
CHANGES = (("darker", "brighter"), ("flatter", "richer in contrast"), ("softer", "sharper"))


def usage_split(word: str) -> str:
    """Return the split that a usage (``Training``, in any case) means; ``""`` for another word."""
    plain = re.sub(r"[\W_]", "", word).lower()
    return next((split for usage, split in USAGES.items() if usage.lower() == plain), "")


def rows_of(rows: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Yield what `split_digest` digests of images: their (label, image id)."""
    return (f"{label} {identity}" for label, identity in rows)


def split_digest(lines: Iterable[str]) -> str:
    """Return the SHA-256 over ``lines`` in ascending order, in hex."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


class Comparison:
    """Collects a copy's images and tells how they differ from the published data set."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._rows: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self._measures: defaultdict[str, list[tuple[float, ...]]] = defaultdict(list)

    def add(self, sample: Sample) -> Sample:
        """Take note of ``sample`` and return it."""
        self._counts[sample.split, sample.label] += 1
        self._rows[sample.split].append((sample.label, image_id(sample.image)))
        self._measures[sample.split].append(measure_one(sample.image))
        return sample

    def official_or_altered(self) -> Provenance:
        """Compare counts per split and class first, then pixels and labels by digest."""
        notes = [note for split in SPLIT_NAMES for note in self._differences(split)]
        return Provenance("altered" if notes else "official", tuple(notes))

    @property
    def identities(self) -> dict[str, list[str]]:
        """Split → the ids of its images."""
        return {split: [identity for _, identity in rows] for split, rows in self._rows.items()}

    def digest(self, split: str) -> str:
        """Return the SHA-256 over the sorted (label, pixels' SHA-256) of ``split``, in hex."""
        return split_digest(rows_of(self._rows[split]))

    @property
    def proved(self) -> bool:
        """Whether every split holds exactly the published images under their labels."""
        held = {split for split, rows in self._rows.items() if rows}
        return held == set(SPLIT_NAMES) and all(
            self.digest(split) == digest for split, digest in DIGESTS.items()
        )

    @property
    def counts_agree(self) -> bool:
        """Whether every split has as many images of each class as the published one."""
        return not any(self._wrong_counts(split) for split in SPLIT_NAMES)

    def of_the_whole(self) -> list[str]:
        """Compare all images together, for a copy in which the official splits are mixed."""
        rows = [row for each in self._rows.values() for row in each]
        held = {split for split, each in self._rows.items() if each}
        how = "re-split" if held != {""} else "without a split"
        if len(rows) == TOTAL and split_digest(rows_of(rows)) == WHOLE:
            return [f"all {TOTAL:,} official images are in it, {how}"]
        if len(rows) == TOTAL and split_digest(identity for _, identity in rows) == PIXELS:
            return [f"all {TOTAL:,} official images are in it, {how} and with other labels"]
        if changes := self._changes(self._measures, SPLIT_NAMES):
            return [_altered("all", changes)]
        if self._totals() == [sum(counts) for counts in zip(*COUNTS.values(), strict=True)]:
            return ["each class has as many images as the official one, some with other pixels"]
        return []

    def _totals(self) -> list[int]:
        totals: Counter[int] = Counter()
        for (_, label), count in self._counts.items():
            totals[label] += count
        return [totals[label] for label in range(len(CLASS_NAMES))]

    def _changes(self, splits: Iterable[str], official: Iterable[str]) -> list[str]:
        """Say which mean measure of ``splits`` is out of tolerance."""
        found = np.concatenate([self._measures[split] for split in splits]).mean(axis=0)
        sizes = [sum(COUNTS[split]) for split in official]
        published = np.average([MEANS[split] for split in official], axis=0, weights=sizes)
        return [
            f"{abs(change):.0%} {how[int(change > 0)]}"
            for change, how, tolerance in zip(
                found / published - 1, CHANGES, TOLERANCES, strict=True
            )
            if abs(change) > tolerance
        ]

    def _differences(self, split: str) -> list[str]:
        wrong_counts = self._wrong_counts(split)
        if not wrong_counts and self.digest(split) == DIGESTS[split]:
            return []
        return wrong_counts + self._pixel_differences(split, counts_agree=not wrong_counts)

    def _wrong_counts(self, split: str) -> list[str]:
        """Say in one line how many images the split has, then which classes differ."""
        classes = [
            f"{name} {self._counts[split, label]:,} of {official:,}"
            for label, (name, official) in enumerate(zip(CLASS_NAMES, COUNTS[split], strict=True))
            if self._counts[split, label] != official
        ]
        if not classes:
            return []
        there = sum(self._counts[split, label] for label in range(len(CLASS_NAMES)))
        return [
            f"{split} has {there:,} images, the official split has {sum(COUNTS[split]):,} "
            f"({', '.join(classes)})"
        ]

    def _pixel_differences(self, split: str, *, counts_agree: bool) -> list[str]:
        if not self._rows[split]:
            return []
        if changes := self._changes([split], [split]):
            return [_altered(split, changes)]
        if not counts_agree:
            return []
        images, alike = len(self._rows[split]), self._unchanged()
        if alike.get(split) == images:
            return [f"{split}: labels differ from the published ones, pixels do not"]
        if alike.get(split, 0) > FEW * images:
            other = images - alike[split]
            return [f"{split}: {other:,} images have other pixels than the published ones"]
        if any(count > FEW * len(self._rows[name]) for name, count in alike.items()):
            return [f"{split}: pixels or labels differ from the published ones"]
        return [
            f"{split}: pixels or labels differ from the published ones, {', '.join(MEASURES)} "
            "do not: most likely JPEG compression, which is harmless"
        ]

    def _unchanged(self) -> dict[str, int]:
        """Return how many images of validation and test have the published pixels."""
        held = self.identities
        return {name: unchanged(held.get(name, ()), name) for name in ("validation", "test")}


def _altered(split: str, changes: list[str]) -> str:
    return (
        f"{split}: images are on average {' and '.join(changes)} than the published ones: "
        "they were filtered, cropped, resized or heavily compressed"
    )
