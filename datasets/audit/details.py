"""The details of a picture, and how those of two pictures correlate at the best shift."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FINE, COARSE = 3, 7
"""Details are what a 3×3 mean keeps and a 7×7 mean does not."""
REACH = 3
"""Largest shift that is tried, in pixels."""
DEVIATION = 24
"""Standard deviation of details, in grey levels."""
AT_ONCE = 32
"""Pictures whose details are taken together: their arrays stay near the processor."""


def details(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the details of ``pictures``, uint8 N×H×W, around 128; all 0 where there are none."""
    found = np.empty_like(pictures)
    for start in range(0, len(pictures), AT_ONCE):
        found[start : start + AT_ONCE] = _details(pictures[start : start + AT_ONCE])
    return found


def _details(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    width, edge = pictures.shape[2], COARSE // 2
    padded = np.pad(pictures, ((0, 0), (edge, edge), (edge, edge)), mode="edge")
    tall = padded.reshape(-1, width + 2 * edge)
    fine, coarse = (
        cv2.boxFilter(tall, cv2.CV_32S, (size, size), normalize=False).reshape(padded.shape)
        for size in (FINE, COARSE)
    )
    band = (fine * COARSE**2 - coarse * FINE**2)[:, edge:-edge, edge:-edge].astype(np.float64)
    deviation = np.sqrt((band * band).mean(axis=(1, 2)))[:, None, None]
    band *= DEVIATION / np.where(deviation > 0, deviation, 1)
    found = np.clip(np.rint(band, out=band) + 128, 0, 255).astype(np.uint8)
    return np.asarray(np.where(deviation > 0, found, np.uint8(0)), np.uint8)


def correlation(
    one: NDArray[np.uint8], other: NDArray[np.uint8], *, mirrored: bool, least: float
) -> float:
    """Return how one picture's inner details correlate with the other's at the best shift.

    With ``mirrored`` the other is mirrored first. The best shift is looked for in float32 and,
    unless it stays below ``least``, the correlation there is computed in whole numbers.
    """
    theirs = np.ascontiguousarray(other[:, ::-1]) if mirrored else other
    inner = one[REACH:-REACH, REACH:-REACH]
    by_shift = cv2.matchTemplate(theirs, inner, cv2.TM_CCOEFF_NORMED)
    best = int(by_shift.argmax())
    if by_shift.flat[best] < least - 0.01:
        return 0.0
    down, right = divmod(best, by_shift.shape[1])
    placed = theirs[down : down + inner.shape[0], right : right + inner.shape[1]]
    return _pearson(inner.astype(np.int64), placed.astype(np.int64))


def _pearson(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    size = one.size
    sums = int(one.sum()), int(other.sum())
    spreads = (size * int((a * a).sum()) - s * s for a, s in zip((one, other), sums, strict=True))
    product = float(np.prod([float(spread) for spread in spreads]))
    together = size * int((one * other).sum()) - sums[0] * sums[1]
    return together / product**0.5 if product > 0 else 0.0
