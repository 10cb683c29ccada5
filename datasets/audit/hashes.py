"""Perceptual hashes: a picture's lowest frequencies as whole numbers, from several places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
UNIT = 2300
"""Length of a hash; thrice its square stays below 2²⁴, so float32 adds three products exactly."""
RIDGE = 0.01
"""Share of the mean variance that is added to each of a hash's numbers, for small data sets."""
CHUNK = 2048

Hashes = NDArray[np.int16]
"""Hashes of N pictures from each of `PLACES`, N×5×2×32, none longer than `UNIT`.

The first 32 numbers stay as they are where the picture is mirrored, the others change their sign.
"""
Mapped = Callable[[Callable[[int], object], Iterable[int]], Iterator[object]]
"""``map``, or that of an executor."""


def hashed(pictures: NDArray[np.uint8], among: NDArray[np.int64], mapped: Mapped = map) -> Hashes:
    """Hash the pictures ``among`` N×`SIDE`×`SIDE`, in that order; ``mapped`` may use threads.

    Their frequencies are decorrelated over all of them and their mirror images, so that what all
    have in common (a face in the middle, light from above) does not make two of them alike.
    """
    made = _whitened(pictures, among, mapped)
    hashes = np.empty((len(among), len(PLACES), *_WEIGHT.shape), np.int16)

    def place(start: int) -> None:
        part = slice(start, start + CHUNK)
        seen = pictures[among[part]]
        for index, shift in enumerate(PLACES):
            hashes[part, index] = made(_waves(seen, *shift))

    any(mapped(place, range(0, len(among), CHUNK)))
    return hashes


def _whitened(pictures: NDArray[np.uint8], among: NDArray[np.int64], mapped: Mapped) -> _Whitened:
    waves = np.empty((len(among), *_WEIGHT.shape))

    def measure(start: int) -> None:
        part = slice(start, start + CHUNK)
        waves[part] = _waves(pictures[among[part]], *PLACES[0])

    any(mapped(measure, range(0, len(among), CHUNK)))
    return _Whitened(waves)


class _Whitened:
    """Turns frequencies into hashes, by their mean and covariance over pictures and mirror images.

    Over both, what mirroring turns has the mean 0 and does not vary with what it leaves.
    """

    def __init__(self, waves: NDArray[np.float64]) -> None:
        self._mean = waves.mean(axis=0) * [[1], [0]]
        square = waves.transpose(1, 2, 0) @ waves.transpose(1, 0, 2) / len(waves)
        spread, axes = np.linalg.eigh(square - self._mean[:, :, None] * self._mean[:, None, :])
        self._axes = axes / np.sqrt(spread + RIDGE * spread.mean())[:, None, :]

    def __call__(self, waves: NDArray[np.float64]) -> Hashes:
        placed = ((waves - self._mean).transpose(1, 0, 2) @ self._axes).transpose(1, 0, 2)
        length = np.linalg.norm(placed, axis=(1, 2), keepdims=True)
        whole = np.trunc(placed * (UNIT / np.maximum(length, 1e-9)))
        return np.asarray(whole, np.int16)


def _by_mirroring(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part …×8×8 frequencies into those that mirroring leaves and those that it turns, …×2×32."""
    columns = frequencies[..., 0::2], frequencies[..., 1::2]
    return np.stack([half.reshape(*half.shape[:-2], -1) for half in columns], axis=-2)


_WEIGHT = _by_mirroring(np.hypot(*np.mgrid[:FREQUENCIES, :FREQUENCIES]))


@cache
def _basis() -> NDArray[np.float64]:
    """Return the lowest frequencies of the cosine transform, as its matrix."""
    from scipy.fft import dct

    return np.ascontiguousarray(dct(np.eye(SIDE - 2 * MARGIN), axis=0)[:FREQUENCIES])


def _waves(pictures: NDArray[np.uint8], down: int, right: int) -> NDArray[np.float64]:
    """Return each picture's lowest frequencies (of its cosine transform), N×2×32.

    They are weighted by frequency: pictures of nature have less of the higher ones (Field 1987,
    doi:10.1364/JOSAA.4.002379). So the mean, the first of them, is always 0.
    """
    inner = SIDE - 2 * MARGIN
    top, left = MARGIN + down, MARGIN + right
    seen = pictures[:, top : top + inner, left : left + inner].astype(np.float64)
    return np.asarray(_by_mirroring(_basis() @ (seen @ _basis().T)) * _WEIGHT)
