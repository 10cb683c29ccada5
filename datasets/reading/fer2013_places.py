"""Which images are FER2013's evaluation images: a table of the first digits of their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

TABLE = Path(__file__).with_name("fer2013_places.npz")
"""The first four bytes of each image id of PublicTest (``validation``) and PrivateTest (``test``),
sorted: no labels, no order, no pixels."""
HEX = 8
"""Hexadecimal digits of an image id that the table holds."""


@cache
def evaluation_ids() -> Mapping[str, Counter[str]]:
    """Return split → the first digits of an image id → how many of its images have them."""
    with np.load(TABLE, allow_pickle=False) as stored:
        return {name: Counter(f"{n:0{HEX}x}" for n in stored[name].tolist()) for name in stored}


def unchanged(identities: Iterable[str], split: str) -> int:
    """Return how many of the images are those of ``split``, which is validation or test."""
    return (Counter(one[:HEX] for one in identities) & evaluation_ids()[split]).total()
