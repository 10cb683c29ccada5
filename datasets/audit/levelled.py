"""Copies across splits of unlike sharpness: looked for at the sharpness that all splits still have.

A copy that was blurred has other pixels, and little of the details by which near duplicates are
verified. So the pictures of sharper splits are blurred as much as the softest one's are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audit.duplicates import NearDuplicates, near_duplicates
from datasets.audit.examination import (
    AUDITS,
    Examination,
    examination_key,
    examine_pictures,
)
from datasets.audit.measures import measure
from datasets.audit.near_duplicates import reduced
from datasets.cache.decoded import cache_folder
from datasets.records import SPLIT_NAMES, DataSet, Progress, Split

SOFTER = 0.8
"""Share of another split's sharpness below which a split is softer."""
SAMPLE = 500
"""Pictures of a split that tell its sharpness."""
WIDEST = 8.0
"""Largest blur that is tried: the standard deviation of a Gaussian, in pixels."""
HALVINGS = 16


@dataclass(frozen=True, kw_only=True)
class Levelled:
    """What a comparison at the sharpness of the ``softest`` split found.

    ``sharper`` are the splits whose pictures were blurred for it.
    """

    softest: str
    sharper: tuple[str, ...]
    near_duplicates: NearDuplicates


def levelled(
    data: DataSet,
    split: Split,
    table: pd.DataFrame,
    found: Examination,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Levelled | None:
    """Compare again at one sharpness, or return ``None`` where no split is softer than another."""
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    pictures = reduced(data.images)
    samples = {name: _sample(pictures, rows) for name, rows in parts.items() if len(rows)}
    sharpness = {name: _sharpness(sample) for name, sample in samples.items()}
    softest = min(sharpness, key=lambda name: sharpness[name])
    least = sharpness[softest]
    sharper = tuple(n for n in SPLIT_NAMES if n in sharpness and least < SOFTER * sharpness[n])
    if not sharper:
        return None
    level = np.array(pictures)
    for name in sharper:
        width = _width(samples[name], least)
        for row in parts[name]:
            level[row] = cv2.GaussianBlur(level[row], (0, 0), width)
    rows = np.concatenate([parts[name] for name in SPLIT_NAMES])
    _, first = np.unique(data.image_ids[rows], return_index=True)
    distinct = rows[first]
    again = examine_pictures(
        level,
        distinct[~found.blank[distinct]],
        found.measures,
        (cache or cache_folder()) / AUDITS / _key(data, split),
        progress,
    )
    return Levelled(
        softest=softest,
        sharper=sharper,
        near_duplicates=near_duplicates(table, data.image_ids, again),
    )


def _key(data: DataSet, split: Split) -> str:
    parts = [examination_key(data), split.digest, Path(__file__).read_text("utf-8")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _sample(pictures: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.asarray(pictures[rows[:: max(1, len(rows) // SAMPLE)]])


def _sharpness(pictures: NDArray[np.uint8]) -> float:
    return float(measure(pictures[..., None]).sharpness.mean())


def _width(pictures: NDArray[np.uint8], sharpness: float) -> float:
    """Return the blur, in pixels, that leaves ``pictures`` with this sharpness."""
    low, high = 0.0, WIDEST
    for _ in range(HALVINGS):
        width = (low + high) / 2
        blurred = np.stack([cv2.GaussianBlur(each, (0, 0), width) for each in pictures])
        low, high = (width, high) if _sharpness(blurred) > sharpness else (low, width)
    return width
