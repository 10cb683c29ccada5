"""Near duplicates: pictures equal but for recompression, mirroring, a small shift or their tones.

A perceptual hash (the picture's lowest frequencies) proposes pairs. Each is verified by the
correlation of its details, which a common pose or light does not raise, against what pictures of
the same data set reach by chance. Products are of whole numbers, so that neither the processor nor
the number of threads decides a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.audit.measures import grey
from datasets.reading.images import Pixels
from datasets.records import Progress

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
ALIKE = 0.65
"""Cosine of two hashes from which a pair is verified."""
FINE, COARSE = 3, 7
"""Details are what a 3×3 mean keeps and a 7×7 mean does not."""
REACH = 3
"""Largest shift that verification tries, in pixels at `SIDE`."""
BY_CHANCE = 1000
"""How many pairs, the most alike of those not proposed, tell what is reached by chance."""
DEVIATIONS = 5
"""How far above chance near duplicates are: robust standard deviations of Fisher's z."""
LOWEST = 0.7
"""The threshold is never below this correlation."""
TILE = 2048
MOST = 1_000_000
"""Proposed pairs after which the search is given up: the pictures are too much alike."""

Hashes = NDArray[np.float32]


class TooAlike(ValueError):
    """More pairs look alike at first sight than can be verified."""


@dataclass(frozen=True)
class NearPairs:
    """Pairs of pictures by index: ``one`` < ``other`` (int64), in that order.

    ``correlation``: float64, of details at the best shift, at least ``threshold``; ``mirrored``:
    bool, whether the second picture was mirrored for it. Each has one entry for a pair.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    correlation: NDArray[np.float64]
    mirrored: NDArray[np.bool_]
    threshold: float


def near_duplicates(pictures: NDArray[np.uint8], progress: Progress | None = None) -> NearPairs:
    """Find the near duplicates among ``pictures``, uint8 N×`SIDE`×`SIDE` (see `reduced`).

    Time grows with N² (on one thread), memory with N. Pictures without any detail are in no pair.
    ``progress(done, total)`` is called for each tile. Raises ``TooAlike``.
    """
    from threadpoolctl import threadpool_limits

    detailed = np.array([_details(picture).any() for picture in pictures], np.bool_)
    kept = np.flatnonzero(detailed)
    if len(kept) < 2:
        return _record({}, kept, LOWEST)
    with threadpool_limits(1):
        search = _Search(pictures[kept])
        found = search.found(progress or (lambda *_: None))
    return _record(found, kept, search.threshold)


def reduced(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``images``, N×H×W×C, in grey and at the size at which they are compared."""
    small = np.empty((len(images), SIDE, SIDE), np.uint8)
    for place, image in zip(small, images, strict=True):
        place[:] = _resized(grey(np.asarray(image)))
    return small


def _resized(picture: Pixels) -> Pixels:
    if picture.shape == (SIDE, SIDE):
        return picture
    way = cv2.INTER_AREA if min(picture.shape) > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=way), dtype=np.uint8)


def _record(
    found: dict[tuple[int, int], tuple[float, bool]], kept: NDArray[np.int64], threshold: float
) -> NearPairs:
    pairs = sorted(found)
    return NearPairs(
        one=kept[np.array([one for one, _ in pairs], np.int64)],
        other=kept[np.array([other for _, other in pairs], np.int64)],
        correlation=np.array([found[pair][0] for pair in pairs], np.float64),
        mirrored=np.array([found[pair][1] for pair in pairs], np.bool_),
        threshold=threshold,
    )


class _Search:
    """The hashes and details of N pictures, compared tile by tile."""

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        hashed = _Hash(pictures)
        self._details = np.stack([_details(picture) for picture in pictures])
        self._placed = [hashed(_waves(pictures, down, right)) for down, right in PLACES]
        self._turned = (self._placed[0], hashed(_waves(pictures, 0, 0) * _MIRROR))
        self.threshold = self._chance()

    def _chance(self) -> float:
        """Return the correlation that is `DEVIATIONS` above what the most alike others reach."""
        mine = self._placed[0][:TILE]
        one, other = np.triu_indices(len(mine), 1)
        likeness = (mine @ mine.T)[one, other]
        others = np.flatnonzero(likeness < ALIKE * UNIT**2)
        most = others[np.argsort(-likeness[others], kind="stable")[:BY_CHANCE]]
        if not len(most):
            return LOWEST
        reached = [self._correlation(int(one[k]), int(other[k]), False, 0.0) for k in most]
        z = np.arctanh(np.clip(reached, 0, 0.999))
        deviation = 1.4826 * np.median(np.abs(z - np.median(z)))
        return max(LOWEST, float(np.tanh(np.median(z) + DEVIATIONS * deviation)))

    def found(self, progress: Progress) -> dict[tuple[int, int], tuple[float, bool]]:
        """Return pair → correlation and whether the second picture was mirrored for it."""
        found: dict[tuple[int, int], tuple[float, bool]] = {}
        proposed = 0
        for pairs, mirrored in self._proposed(progress):
            proposed += len(pairs)
            if proposed > MOST:
                raise TooAlike(f"more than {MOST:,} pairs look alike at first sight")
            for one, other in pairs.tolist():
                correlation = self._correlation(one, other, mirrored, self.threshold)
                if correlation >= max(self.threshold, found.get((one, other), (0.0,))[0]):
                    found[one, other] = (correlation, mirrored)
        return found

    def _proposed(self, progress: Progress) -> Iterator[tuple[NDArray[np.int64], bool]]:
        """Yield, tile by tile, the pairs (P×2) whose hashes are alike, and whether mirrored."""
        corners = range(0, len(self._details), TILE)
        tiles = [(top, left) for top in corners for left in corners if left >= top]
        for done, (top, left) in enumerate(tiles, start=1):
            for mirrored, ours in zip((False, True), self._turned, strict=True):
                yield self._alike(ours, top, left), mirrored
            progress(done, len(tiles))

    def _alike(self, ours: Hashes, top: int, left: int) -> NDArray[np.int64]:
        mine = ours[top : top + TILE]
        alike = np.zeros((len(mine), len(ours[left : left + TILE])), np.bool_)
        for placed in self._placed:
            alike |= mine @ placed[left : left + TILE].T >= ALIKE * UNIT**2
        pairs = np.argwhere(alike) + np.array([top, left])
        return np.asarray(pairs[pairs[:, 0] < pairs[:, 1]], np.int64)

    def _correlation(self, one: int, other: int, mirrored: bool, least: float) -> float:
        """Return how one picture's inner details correlate with the other's at the best shift.

        The best shift is looked for in float32 and, unless it stays below ``least``, the
        correlation there is computed in whole numbers.
        """
        theirs = self._details[other]
        if mirrored:
            theirs = np.ascontiguousarray(theirs[:, ::-1])
        inner = self._details[one, REACH:-REACH, REACH:-REACH]
        by_shift = cv2.matchTemplate(theirs, inner, cv2.TM_CCOEFF_NORMED)
        best = int(by_shift.argmax())
        if by_shift.flat[best] < least - 0.01:
            return 0.0
        down, right = divmod(best, by_shift.shape[1])
        placed = theirs[down : down + inner.shape[0], right : right + inner.shape[1]]
        return _pearson(inner.astype(np.int64), placed.astype(np.int64))


class _Hash:
    """Turns pictures into hashes of 63 whole numbers, N×63 (see `_waves`).

    The waves are decorrelated over the data set, so that what all its pictures have in common (a
    face in the middle, light from above) does not make two of them alike.
    """

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        waves = _waves(pictures, 0, 0)
        self._mean = waves.mean(axis=0)
        spread, axes = np.linalg.eigh(np.cov(waves.T))
        self._axes = axes / np.sqrt(spread + RIDGE * spread.mean())

    def __call__(self, waves: NDArray[np.float64]) -> Hashes:
        placed = (waves - self._mean) @ self._axes
        length = np.linalg.norm(placed, axis=1, keepdims=True)
        whole = np.trunc(placed * (UNIT / np.maximum(length, 1e-9)))
        return np.asarray(whole, np.float32)


_ROW, _COLUMN = np.divmod(np.arange(1, FREQUENCIES**2), FREQUENCIES)
_MIRROR = np.where(_COLUMN % 2, -1, 1)
_WEIGHT = np.hypot(_ROW, _COLUMN)


def _waves(pictures: NDArray[np.uint8], down: int, right: int) -> NDArray[np.float64]:
    """Return each picture's lowest frequencies (of its cosine transform), N×63.

    They are weighted by frequency: pictures of nature have less of the higher ones (Field 1987,
    doi:10.1364/JOSAA.4.002379).
    """
    from scipy.fft import dctn

    inner = SIDE - 2 * MARGIN
    top, left = MARGIN + down, MARGIN + right
    waves = np.empty((len(pictures), len(_WEIGHT)))
    for start in range(0, len(pictures), TILE):
        part = pictures[start : start + TILE, top : top + inner, left : left + inner]
        lowest = dctn(part.astype(np.float64), axes=(1, 2))[:, :FREQUENCIES, :FREQUENCIES]
        waves[start : start + TILE] = lowest.reshape(len(part), -1)[:, 1:] * _WEIGHT
    return waves


def _details(picture: Pixels) -> Pixels:
    """Return the details of a picture as uint8 around 128; all 0 where there are none."""
    fine, coarse = (
        cv2.boxFilter(
            picture, cv2.CV_32S, (size, size), normalize=False, borderType=cv2.BORDER_REPLICATE
        ).astype(np.int64)
        for size in (FINE, COARSE)
    )
    band = fine * COARSE**2 - coarse * FINE**2
    deviation = np.sqrt(float((band**2).mean()))
    if deviation == 0:
        return np.zeros_like(picture)
    return np.asarray(np.clip(np.rint(band * (24 / deviation)) + 128, 0, 255), np.uint8)


def _pearson(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    size = one.size
    sums = int(one.sum()), int(other.sum())
    spreads = (size * int((a * a).sum()) - s * s for a, s in zip((one, other), sums, strict=True))
    product = float(np.prod([float(spread) for spread in spreads]))
    together = size * int((one * other).sum()) - sums[0] * sums[1]
    return together / product**0.5 if product > 0 else 0.0
