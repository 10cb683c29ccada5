"""Near duplicates: pictures equal but for recompression, mirroring, a small shift or their tones.

A perceptual hash (the picture's lowest frequencies) proposes pairs. Each is verified by the
correlation of its details, which a common pose or light does not raise, against what pictures of
the same data set reach by chance. Products are of whole numbers, so that neither the processor nor
the number of threads decides a pair.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.audit.alike import Alike, Comparison
from datasets.audit.chance import ALIKE, LOWEST, by_chance
from datasets.audit.details import correlation, details
from datasets.audit.hashes import CHUNK, SIDE, Mapped, hashed
from datasets.audit.measures import grey
from datasets.reading.images import Pixels
from datasets.records import Progress

SAMPLE = 2048
"""How many pictures tell what is reached by chance."""
LOWEST_MIRRORED = 0.82
"""Mirrored pairs need more: copies are seldom mirrored, and others look alike as often."""
MOST = 1_000_000
"""Proposed pairs after which the search is given up: the pictures are too much alike."""
MOST_EACH = 20
"""The same for each picture, in a large data set."""
AT_ONCE = 4096
"""Pairs that are verified together."""


class TooAlike(ValueError):
    """More pairs look alike at first sight than can be verified."""


@dataclass(frozen=True)
class NearPairs:
    """Pairs of pictures by index (int64): ``one`` comes before ``other``, in that order.

    ``correlation``: float64, of details at the best shift, at least ``threshold``, or
    ``mirrored_threshold`` where ``mirrored`` (bool) says that the second picture was mirrored for
    it. Each has one entry for a pair.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    correlation: NDArray[np.float64]
    mirrored: NDArray[np.bool_]
    threshold: float
    mirrored_threshold: float


def near_duplicates(
    pictures: NDArray[np.uint8],
    progress: Progress | None = None,
    *,
    among: NDArray[np.int64] | None = None,
) -> NearPairs:
    """Find the near duplicates among ``pictures``, uint8 N×`SIDE`×`SIDE` (see `reduced`).

    ``among`` are the indices of those that are compared, all by default; each is compared with
    those after it. All processors are used. Time grows with N² (300,000 pictures take minutes on
    two), memory with N. Pictures without any detail are in no pair. ``progress(done, total)`` is
    called now and then. Raises ``TooAlike``.
    """
    from threadpoolctl import threadpool_limits

    given = np.arange(len(pictures)) if among is None else among
    with threadpool_limits(1), _pool() as pool:
        kept = given[_detailed(pictures, given, pool.map)]
        if len(kept) < 2:
            return _record([], kept, LOWEST)
        search = _Search(pictures, kept, pool)
        return _record(search.found(progress or (lambda *_: None)), kept, search.threshold)


def reduced(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``images``, N×H×W×C, in grey and at the size at which they are compared.

    Grey images of that size are returned as they are, not copied.
    """
    if images.shape[1:] == (SIDE, SIDE, 1):
        return images[..., 0]
    small = np.empty((len(images), SIDE, SIDE), np.uint8)
    for place, image in zip(small, images, strict=True):
        place[:] = _resized(grey(np.asarray(image)))
    return small


def _resized(picture: Pixels) -> Pixels:
    if picture.shape == (SIDE, SIDE):
        return picture
    way = cv2.INTER_AREA if min(picture.shape) > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=way), dtype=np.uint8)


def _pool() -> ThreadPoolExecutor:
    affinity = getattr(os, "sched_getaffinity", None)
    return ThreadPoolExecutor(len(affinity(0)) if affinity else os.cpu_count())


def _detailed(
    pictures: NDArray[np.uint8], among: NDArray[np.int64], mapped: Mapped
) -> NDArray[np.bool_]:
    """Return whether each has any detail."""
    found = np.empty(len(among), np.bool_)

    def look(start: int) -> None:
        part = slice(start, start + CHUNK // 8)
        found[part] = details(pictures[among[part]]).any(axis=(1, 2))

    any(mapped(look, range(0, len(among), CHUNK // 8)))
    return found


@dataclass(frozen=True, kw_only=True)
class _Verified:
    """What came of the ``proposed`` pairs: those that are near duplicates."""

    proposed: int
    one: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    other: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    mirrored: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    correlation: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


def _record(strips: list[_Verified], kept: NDArray[np.int64], threshold: float) -> NearPairs:
    """Join ``strips``; of a pair found both ways, the way that correlates more is taken."""
    strips = [_Verified(proposed=0), *strips]
    one = np.concatenate([strip.one for strip in strips])
    other = np.concatenate([strip.other for strip in strips])
    mirrored = np.concatenate([strip.mirrored for strip in strips])
    reached = np.concatenate([strip.correlation for strip in strips])
    order = np.lexsort((mirrored, -reached, other, one))
    _, first = np.unique(np.stack([one, other])[:, order], axis=1, return_index=True)
    order = order[first]
    return NearPairs(
        one=kept[one[order]],
        other=kept[other[order]],
        correlation=reached[order],
        mirrored=mirrored[order],
        threshold=threshold,
        mirrored_threshold=max(threshold, LOWEST_MIRRORED),
    )


class _Search:
    """The hashes of N pictures, compared strip by strip; their details are taken when needed."""

    def __init__(
        self, pictures: NDArray[np.uint8], kept: NDArray[np.int64], pool: ThreadPoolExecutor
    ) -> None:
        self._pictures, self._kept, self._pool = pictures, kept, pool
        hashes = hashed(pictures, kept, pool.map)
        sample = hashes[:SAMPLE, 0].reshape(-1, hashes[0, 0].size)
        self.threshold = by_chance(details(pictures[kept[:SAMPLE]]), sample)
        self._comparison = Comparison(hashes, ALIKE)
        self._most = max(MOST, MOST_EACH * len(kept))

    def found(self, progress: Progress) -> list[_Verified]:
        """Return the near duplicates, strip by strip."""
        strips = len(self._comparison.starts)
        found: list[_Verified] = []
        proposed = tiles = 0
        try:
            for strip in self._pool.map(self._verified, range(strips)):
                proposed += strip.proposed
                if proposed > self._most:
                    raise TooAlike(f"more than {self._most:,} pairs look alike at first sight")
                tiles += strips - len(found)
                found.append(strip)
                progress(tiles, strips * (strips + 1) // 2)
        except BaseException:
            self._pool.shutdown(cancel_futures=True)
            raise
        return found

    def _verified(self, strip: int) -> _Verified:
        pairs = self._comparison.of(strip, self._most)
        if pairs is None:
            return _Verified(proposed=self._most + 1)
        least = np.where(pairs.mirrored, max(self.threshold, LOWEST_MIRRORED), self.threshold)
        reached = np.empty(len(least))
        for start in range(0, len(least), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            reached[part] = self._correlations(pairs, part, least)
        near = reached >= least
        return _Verified(
            proposed=len(near),
            one=pairs.one[near],
            other=pairs.other[near],
            mirrored=pairs.mirrored[near],
            correlation=reached[near],
        )

    def _correlations(self, pairs: Alike, part: slice, least: NDArray[np.float64]) -> list[float]:
        ends = np.concatenate([pairs.one[part], pairs.other[part]])
        seen, place = np.unique(ends, return_inverse=True)
        those = details(self._pictures[self._kept[seen]])
        return [
            correlation(those[one], those[other], mirrored=mirrored, least=limit)
            for one, other, mirrored, limit in zip(
                *place.reshape(2, -1).tolist(),
                pairs.mirrored[part].tolist(),
                least[part].tolist(),
                strict=True,
            )
        ]
