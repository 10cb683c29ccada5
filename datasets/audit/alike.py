"""Which hashes are alike: each compared with each, exactly, though not with each place.

The hashes of a picture from its five places are nearly their mean, plus or minus a change for a
step down, plus or minus one for a step to the right. Three products bound the other five, and
bound the mirrored picture's as well, as mirroring only turns the sign of half of a hash. What the
three leave out has a length, so no pair is lost; the few that may be alike are decided in whole
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.audit.hashes import PLACES, UNIT, Hashes

TILE = 512
AT_ONCE = 4096
"""Pairs that are decided together."""
STEPS = np.array([(1, down, right) for down, right in PLACES], np.float32)
"""What each place has of the mean, of the change downwards and of that to the right, 5×3."""
TOGETHER = np.abs(STEPS).sum(axis=0)
"""How many places have a part in each of the three."""


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Pairs of pictures: ``one`` < ``other``, int64, and whether the second is mirrored, bool."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    mirrored: NDArray[np.bool_]


class Comparison:
    """Compares the hash of each picture, as it is and mirrored, with those of all after it.

    A pair is alike where the cosine of the first with one of the second's places is at least
    ``least``.
    """

    def __init__(self, hashes: Hashes, least: float) -> None:
        self._hashes = hashes
        self._least = int(np.ceil(least * UNIT**2))
        self.starts = range(0, len(hashes), TILE)
        self._bounds = [_Bounds(hashes[at : at + TILE], self._least) for at in self.starts]

    def of(self, strip: int, most: int) -> Alike | None:
        """Return the pairs of which one is in the tile ``strip``, or ``None`` for over ``most``."""
        start = self.starts[strip]
        ours = _Strip(self._hashes[start : start + TILE, 0])
        pairs = np.empty((0, 3), np.int64)
        for tile in range(strip, len(self.starts)):
            one, other = ours.near(self._bounds[tile])
            pairs = np.concatenate([pairs, *self._decided(one + start, other + self.starts[tile])])
            if len(pairs) > most:
                return None
        return Alike(one=pairs[:, 0], other=pairs[:, 1], mirrored=pairs[:, 2].astype(np.bool_))

    def _decided(
        self, one: NDArray[np.int64], other: NDArray[np.int64]
    ) -> Iterator[NDArray[np.int64]]:
        """Give those of the pairs that are alike: one, other, mirrored."""
        for start in range(0, len(one), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            ends = np.stack([one[part], other[part], np.zeros_like(one[part])], axis=1)
            ours, theirs = self._hashes[ends[:, 0], 0], self._hashes.take(ends[:, 1], axis=0)
            products = _floats(theirs).transpose(0, 2, 1, 3) @ _floats(ours)[..., None]
            kept, turned = products[:, 0, :, 0], products[:, 1, :, 0]
            for ends[:, 2], reached in ((0, kept + turned), (1, kept - turned)):
                alike, _ = np.nonzero(reached >= self._least)
                pairs = ends[np.unique(alike)]
                yield pairs[pairs[:, 0] < pairs[:, 1]]


class _Bounds:
    """Bounds the products of any hash with those of T pictures, T×5×2×32, from all places.

    With h = (e, o) a hash or its mirror image (e, -o), and p = m ± d ± r + rest the hash from a
    place, where m = (mₑ, mₒ), d and r are the mean and the changes, rounded, h·p is at most
    e·mₑ + |o·mₒ| + |e·dₑ| + |o·dₒ| + |e·rₑ| + |o·rₒ| + `UNIT`·|rest|. (The middle place lacks d
    and r: the bound holds all the more.) All but the last are whole numbers and their sum stays
    below 2²⁴, as no part is longer than a hash by more than its rounding: float32 holds them
    exactly, whatever the processor.

    ``parts``, 3×2×32×`TILE`: m, d and r. ``least``: what the sum is at least where a product is,
    for each picture. Both are filled up so that no picture beyond the T is ever near.
    """

    def __init__(self, hashes: Hashes, least: int) -> None:
        places = _floats(hashes)
        sums = np.einsum("pc,tpmk->ctmk", STEPS, places)
        parts = np.rint(sums / TOGETHER[:, None, None, None])
        rest = places - np.einsum("pc,ctmk->tpmk", STEPS, parts)
        longest = np.linalg.norm(rest.astype(np.float64), axis=(2, 3)).max(axis=1)
        self.least = np.full(TILE, np.inf, np.float32)
        self.least[: len(hashes)] = np.floor(least - UNIT * longest) - 1
        self.parts = np.zeros((*parts.shape[:1], *parts.shape[2:], TILE), np.float32)
        self.parts[..., : len(hashes)] = parts.transpose(0, 2, 3, 1)


class _Strip:
    """The hashes of S pictures, S×2×32, beside one tile after the other.

    The arrays are filled again for each tile: new ones would take as long as the products.
    """

    def __init__(self, hashes: Hashes) -> None:
        self._halves = np.ascontiguousarray(_floats(hashes).transpose(1, 0, 2))
        self._bound, self._product = np.empty((2, len(hashes), TILE), np.float32)
        self._hit = np.empty(self._bound.shape, np.bool_)

    def near(self, tile: _Bounds) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of the S may be alike to which of the tile's pictures."""
        np.matmul(self._halves[0], tile.parts[0, 0], out=self._bound)
        for part, half in ((0, 1), (1, 0), (1, 1), (2, 0), (2, 1)):
            np.matmul(self._halves[half], tile.parts[part, half], out=self._product)
            self._bound += np.abs(self._product, out=self._product)
        np.greater_equal(self._bound, tile.least, out=self._hit)
        row, column = np.divmod(_flat_nonzero(self._hit), TILE)
        return row, column


def _floats(hashes: Hashes) -> NDArray[np.float32]:
    return hashes.astype(np.float32)


def _flat_nonzero(hit: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return `numpy.flatnonzero` of an array that is nearly empty, of a multiple of eight."""
    flat = hit.ravel()
    eights = np.flatnonzero(flat.view(np.uint64))
    near = (8 * eights[:, None] + np.arange(8)).ravel()
    return np.asarray(near[flat[near]], np.int64)
