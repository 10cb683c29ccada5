"""How small a difference between two variants this test set can still show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.evaluation.comparison import LEVEL, Pair

POWER = 0.8


@dataclass(frozen=True)
class Resolution:
    """The smallest true differences in accuracy that are found in 80 of 100 cases.

    As fractions of 1, for the typical pair, the median of those compared: ``alone`` for one
    pair that was chosen beforehand, at the 5 % level; ``among_all`` at the level that Holm's
    correction asks of the smallest of ``pairs`` p-values; ``with_many_seeds`` the latter if
    the spread between seeds were known as well as more and more seeds make it, or ``None``
    where it is not reckoned with. ``discordance`` is the share of pictures that one of the
    two answers rightly and the other does not.
    """

    alone: float
    among_all: float
    with_many_seeds: float | None
    pairs: int
    discordance: float


def resolution(compared: Sequence[Pair], pairs: int) -> Resolution | None:
    """Return what can be resolved, judged by the pairs ``compared`` of all ``pairs``, if any.

    The variances are those observed; with one fit each the variance is in essence the
    discordance over the number of pictures (Connor 1987, Biometrics 43:207).
    """
    if not compared:
        return None
    found = [pair.uncertainty for pair in compared]
    corrected = LEVEL / pairs
    boundless = [each.with_many_seeds() for each in found if each.seeds is not None]
    return Resolution(
        alone=float(np.median([each.resolvable(LEVEL, POWER) for each in found])),
        among_all=float(np.median([each.resolvable(corrected, POWER) for each in found])),
        with_many_seeds=(
            float(np.median([each.resolvable(corrected, POWER) for each in boundless]))
            if boundless
            else None
        ),
        pairs=pairs,
        discordance=float(
            np.median([np.mean([test.discordance for test in pair.mcnemar]) for pair in compared])
        ),
    )
