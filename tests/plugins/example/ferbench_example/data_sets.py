"""Stripes that lie, stand or lean: a data set that needs no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from datasets.records import Provenance
from datasets.registry import Decoded, Sample, data_set

SIDE = 16
CLASSES = ("leaning", "lying", "standing")


@data_set(
    name="example-stripes",
    summary="drawn 16×16 grey stripes in three directions",
    origin="drawn by an example",
    licence="MIT",
    needs_path=False,
    options=MappingProxyType({"images": 300}),
)
def stripes(path: Path | None, options: Mapping[str, Any]) -> Decoded:
    """Draw noisy stripes, a third of them in each direction; ferbench makes the split."""
    count = options["images"]

    def samples() -> Iterator[Sample]:
        down, right = np.mgrid[:SIDE, :SIDE]
        ways = (down + right, down, right)
        for number in range(count):
            chance, label = np.random.default_rng(number), number % len(CLASSES)
            waves = np.sin(ways[label] * 1.2 + chance.uniform(0, 6))
            noisy = 128 + 60 * waves + chance.normal(0, 20, (SIDE, SIDE))
            image = np.clip(noisy, 0, 255).astype(np.uint8)[..., None]
            yield Sample(image, label, f"{number:04d}", "")

    return Decoded(
        class_names=CLASSES,
        image_shape=(SIDE, SIDE, 1),
        count=count,
        samples=samples,
        provenance=lambda: Provenance("unofficial"),
    )
