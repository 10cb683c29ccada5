"""What pictures of one data set reach by chance: the correlation from which a pair counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.audit.details import correlation
from datasets.audit.hashes import UNIT

ALIKE = 0.63
"""Cosine of two hashes from which a pair is verified."""
PAIRS = 1000
"""How many pairs tell what is reached by chance."""
ENOUGH = 100
"""Fewer unrelated pairs tell nothing."""
DEVIATIONS = 5
"""How far above the most alike of other pairs near duplicates are: robust standard deviations of
Fisher's z."""
RELATIVES = 10
"""So many pictures may be related to one (frames of a sequence, pictures of one person)."""
UNRELATED_DEVIATIONS = 8
"""How far above pairs that come after all related ones near duplicates are."""
LOWEST = 0.7
"""The threshold is never below this correlation."""


def by_chance(details: NDArray[np.uint8], hashes: NDArray[np.int16]) -> float:
    """Return the threshold, from the details and hashes of some pictures, N×H×W and N×64.

    What the most alike of those pairs reach that are not proposed is chance, unless they are
    related: frames of one sequence, pictures of one person. So chance is judged a second time by
    pairs that come after as many as may be related, among pictures of which no two are alike; the
    lower judgement holds.
    """
    likeness = hashes.astype(np.float32) @ hashes.T.astype(np.float32)
    judged = [_above(details, _most_alike(likeness, np.arange(len(hashes)), after=0), DEVIATIONS)]
    apart = _apart(likeness)
    unrelated = _most_alike(likeness, apart, after=len(apart) * RELATIVES // 2)
    if len(unrelated) >= ENOUGH:
        judged.append(_above(details, unrelated, UNRELATED_DEVIATIONS))
    return max(LOWEST, min(judged))


def _most_alike(
    likeness: NDArray[np.float32], among: NDArray[np.int64], after: int
) -> NDArray[np.int64]:
    """Return the most alike pairs that are not proposed, P×2, without the first ``after``."""
    one, other = among[np.stack(np.triu_indices(len(among), 1))]
    product = likeness[one, other]
    others = np.flatnonzero(product < ALIKE * UNIT**2)
    most = others[np.argsort(-product[others], kind="stable")[after : after + PAIRS]]
    return np.stack([one[most], other[most]], axis=1)


def _apart(likeness: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return pictures of which no two are alike, in order."""
    alike = likeness >= ALIKE * UNIT**2
    kept = np.ones(len(alike), np.bool_)
    for index in range(len(alike)):
        if kept[index]:
            kept[index + 1 :] &= ~alike[index, index + 1 :]
    return np.flatnonzero(kept)


def _above(details: NDArray[np.uint8], pairs: NDArray[np.int64], deviations: float) -> float:
    """Return the correlation that is so many deviations above what ``pairs`` reach."""
    if not len(pairs):
        return LOWEST
    reached = [_correlation(details, one, other) for one, other in pairs.tolist()]
    z = np.arctanh(np.clip(reached, 0, 0.999))
    deviation = 1.4826 * np.median(np.abs(z - np.median(z)))
    return float(np.tanh(np.median(z) + deviations * deviation))


def _correlation(details: NDArray[np.uint8], one: int, other: int) -> float:
    return correlation(details[one], details[other], mirrored=False, least=0.0)
