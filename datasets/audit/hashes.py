"""Perceptual hashes: a picture's lowest frequencies as whole numbers, from places and mirrored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

SIDE = 48
"""Pictures are compared at this size."""
FREQUENCIES = 8
MARGIN = 2
"""A hash sees the picture without its outer pixels, so that it can be taken from shifted places."""
PLACES = ((0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""Shifts of the second hash: each shift of up to two pixels is within (1, 1) of one of them."""
UNIT = 4000
"""Length of a hash; its square stays below 2²⁴, so float32 holds every product exactly."""
RIDGE = 0.01
"""Share of the mean variance that is added to each of a hash's numbers, for small data sets."""
CHUNK = 2048

Hashes = NDArray[np.int16]
Mapped = Callable[[Callable[[int], object], Iterable[int]], Iterator[object]]
"""``map``, or that of an executor."""


@dataclass(frozen=True, kw_only=True)
class Hashed:
    """Hashes of N pictures, int16.

    ``placed``: 5×N×63, from each of `PLACES`; ``mirrored``: N×63, of the mirrored pictures.
    """

    placed: Hashes
    mirrored: Hashes


def hashed(pictures: NDArray[np.uint8], among: NDArray[np.int64], mapped: Mapped = map) -> Hashed:
    """Hash the pictures ``among`` N×`SIDE`×`SIDE`, in that order; ``mapped`` may use threads.

    Their frequencies are decorrelated over all of them, so that what all have in common (a face
    in the middle, light from above) does not make two of them alike.
    """
    starts = range(0, len(among), CHUNK)
    made = _whitened(pictures, among, mapped)
    placed = np.empty((len(PLACES), len(among), len(_WEIGHT)), np.int16)
    mirrored = np.empty_like(placed[0])

    def place(start: int) -> None:
        part = pictures[among[start : start + CHUNK]]
        for hashes, shift in zip(placed, PLACES, strict=True):
            hashes[start : start + CHUNK] = made(_waves(part, *shift))
        mirrored[start : start + CHUNK] = made(_waves(part, *PLACES[0]) * _MIRROR)

    any(mapped(place, starts))
    return Hashed(placed=placed, mirrored=mirrored)


def _whitened(pictures: NDArray[np.uint8], among: NDArray[np.int64], mapped: Mapped) -> _Whitened:
    waves = np.empty((len(among), len(_WEIGHT)))

    def measure(start: int) -> None:
        part = pictures[among[start : start + CHUNK]]
        waves[start : start + CHUNK] = _waves(part, *PLACES[0])

    any(mapped(measure, range(0, len(among), CHUNK)))
    return _Whitened(waves)


class _Whitened:
    """Turns frequencies into hashes, by their mean and covariance over the data set."""

    def __init__(self, waves: NDArray[np.float64]) -> None:
        self._mean = waves.mean(axis=0)
        spread, axes = np.linalg.eigh(np.cov(waves.T))
        self._axes = axes / np.sqrt(spread + RIDGE * spread.mean())

    def __call__(self, waves: NDArray[np.float64]) -> Hashes:
        placed = (waves - self._mean) @ self._axes
        length = np.linalg.norm(placed, axis=1, keepdims=True)
        whole = np.trunc(placed * (UNIT / np.maximum(length, 1e-9)))
        return np.asarray(whole, np.int16)


_ROW, _COLUMN = np.divmod(np.arange(1, FREQUENCIES**2), FREQUENCIES)
_MIRROR = np.where(_COLUMN % 2, -1, 1)
_WEIGHT = np.hypot(_ROW, _COLUMN)


@cache
def _basis() -> NDArray[np.float64]:
    """Return the lowest frequencies of the cosine transform, as its matrix."""
    from scipy.fft import dct

    return np.ascontiguousarray(dct(np.eye(SIDE - 2 * MARGIN), axis=0)[:FREQUENCIES])


def _waves(pictures: NDArray[np.uint8], down: int, right: int) -> NDArray[np.float64]:
    """Return each picture's lowest frequencies (of its cosine transform), N×63.

    They are weighted by frequency: pictures of nature have less of the higher ones (Field 1987,
    doi:10.1364/JOSAA.4.002379).
    """
    inner = SIDE - 2 * MARGIN
    top, left = MARGIN + down, MARGIN + right
    seen = pictures[:, top : top + inner, left : left + inner].astype(np.float64)
    lowest = _basis() @ (seen @ _basis().T)
    return np.asarray(lowest.reshape(len(pictures), -1)[:, 1:] * _WEIGHT)
