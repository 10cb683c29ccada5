"""Every pair of variants: by how much they differ, whether that is chance, and the tied ranks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from benchmarks.evaluation.bootstrap import Estimate
from benchmarks.evaluation.uncertainty import (
    Fits,
    SeedFloor,
    Uncertainty,
    of_difference,
    seed_floor,
)
from benchmarks.store.records import TOGETHER, VariantResults

SIGNIFICANCE = 0.05
POWER = 0.8

Answered = Mapping[int, NDArray[np.bool_]]
"""Seed → whether each picture was answered rightly."""
Test = Literal["McNemar’s exact test", "difference over images and seeds", "difference over images"]


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test of two fits on the same pictures.

    ``seeds`` are those of the two fits. ``only_first`` pictures were answered rightly by the
    first fit alone, and so on; of identical copies the first counts.
    """

    seeds: tuple[int, int]
    both: int
    only_first: int
    only_second: int
    neither: int
    p: float

    @property
    def told(self) -> str:
        """Name the two fits: ``seed 0``, ``seeds 0 and 1``, ``the ensemble and seed 0``."""
        one, other = self.seeds
        if TOGETHER in self.seeds:
            known = [f"seed {seed}" for seed in self.seeds if seed != TOGETHER]
            return " and ".join(["the ensemble", *known]) if known else "the ensembles"
        return f"seed {one}" if one == other else f"seeds {one} and {other}"

    @property
    def discordance(self) -> float:
        """The share of pictures that one of the two answers rightly and the other does not."""
        apart = self.only_first + self.only_second
        return apart / (apart + self.both + self.neither)

    def turned(self) -> McNemar:
        """Return the same test with the fits in the other order."""
        return McNemar(
            self.seeds[::-1], self.both, self.only_second, self.only_first, self.neither, self.p
        )


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two variants compared by mean test accuracy, as fractions of 1.

    ``difference`` is the first's less the second's, on the same images, with its 95 % interval
    ``low`` to ``high``. ``p`` is that of ``test`` for this pair alone, ``p_holm`` after Holm's
    correction over all ``family`` pairs that were compared together. ``mcnemar`` holds a test
    for each seed that both were fitted with.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    test: Test
    p: float
    p_holm: float
    mcnemar: tuple[McNemar, ...]
    uncertainty: Uncertainty
    family: int = 1

    @property
    def differs(self) -> bool:
        """Whether the difference is more than chance, among all pairs, at the 5 % level."""
        return self.p_holm < SIGNIFICANCE

    @property
    def seeds_known(self) -> bool:
        """Whether both have several seeds, so that the verdict holds for other trainings too."""
        return self.uncertainty.seeds is not None

    def turned(self) -> Pair:
        """Return the same comparison with the variants in the other order."""
        return dataclasses.replace(
            self,
            first=self.second,
            second=self.first,
            difference=-self.difference,
            low=-self.high,
            high=-self.low,
            mcnemar=tuple(test.turned() for test in self.mcnemar),
        )


def compare(
    couples: Sequence[tuple[VariantResults, VariantResults]],
    accuracy: Estimate,
    places: Mapping[str, Fits],
) -> tuple[Pair, ...]:
    """Compare ``couples`` of variants that have test predictions, and correct over all of them.

    ``places`` is variant → the places of its fits in ``accuracy``, the bootstrap's estimate.
    With one fit each, ``p`` is that of McNemar's exact test (McNemar 1947, Psychometrika
    12:153): it says whether these two fits differ on images like these, and nothing of other
    trainings. With several seeds it is that of the difference of the means over images and
    seeds (`Uncertainty.p_value`, `seed_floor`): a test on the fits of one seed, or on an
    ensemble of them, would take the luck of the seeds for a merit of the variant. McNemar's
    tests are then given for each seed and decide nothing. The correction is Holm's (1979,
    Scand. J. Stat. 6:65).
    """
    if not couples:
        return ()
    kept = np.unique(couples[0][0].fits[0].test.image_ids, return_index=True)[1]
    floor = seed_floor(accuracy, places.values())
    compared = {variant.name: variant for couple in couples for variant in couple}
    right = {name: _right(variant, kept) for name, variant in compared.items()}
    pairs = [_pair(one.name, other.name, accuracy, places, floor, right) for one, other in couples]
    corrected = multipletests([pair.p for pair in pairs], method="holm")[1]
    return tuple(
        dataclasses.replace(pair, p_holm=float(p), family=len(pairs))
        for pair, p in zip(pairs, corrected, strict=True)
    )


def ranks(names: Sequence[str], pairs: Sequence[Pair]) -> dict[str, tuple[int, int]]:
    """Return the best and the worst rank that each of ``names`` may truly have.

    The best is 1 + the number of variants that are significantly better, the worst the number
    of all less that of the significantly worse. All true ranks lie within at once with a
    confidence of 95 %, as the comparisons hold together (Al Mohamad, Goeman & van Zwet 2022,
    Biometrics 78:238).
    """
    better, worse = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for pair in pairs:
        if pair.differs:
            ahead = pair if pair.difference > 0 else pair.turned()
            better[ahead.second] += 1
            worse[ahead.first] += 1
    return {name: (1 + better[name], len(names) - worse[name]) for name in names}


def _right(variant: VariantResults, kept: NDArray[np.intp]) -> Answered:
    """Return seed → whether that fit answered each of the pictures ``kept`` rightly."""
    return {fit.record.seed: fit.test.correct[kept] for fit in variant.fits}


def _pair(
    one: str,
    other: str,
    accuracy: Estimate,
    places: Mapping[str, Fits],
    floor: SeedFloor,
    right: Mapping[str, Answered],
) -> Pair:
    ours, theirs = places[one], places[other]
    pictures = len(next(iter(right[one].values())))
    difference = float(accuracy.scores[ours].mean() - accuracy.scores[theirs].mean())
    uncertainty = never_nothing(of_difference(accuracy, ours, theirs, floor), pictures)
    low, high = uncertainty.interval(difference)
    tests = tuple(_mcnemar(right[one], right[other]))
    test: Test = "difference over images and seeds"
    p = uncertainty.p_value(difference)
    if uncertainty.seeds is None:
        test = "difference over images"
    if len(ours) == len(theirs) == 1:
        test, p = "McNemar’s exact test", tests[0].p
    return Pair(
        first=one,
        second=other,
        difference=difference,
        low=max(low, -1.0),
        high=min(high, 1.0),
        test=test,
        p=p,
        p_holm=p,
        mcnemar=tests,
        uncertainty=uncertainty,
    )


def never_nothing(uncertainty: Uncertainty, unique_images: int) -> Uncertainty:
    """Give fits that differ nowhere the variance of fits that differ on a single picture."""
    return dataclasses.replace(uncertainty, images=max(uncertainty.images, 1 / unique_images**2))


def _mcnemar(ours: Answered, theirs: Answered) -> Iterator[McNemar]:
    """Test the fits of each shared seed, or the first fits where no seed is shared."""
    shared = [(seed, seed) for seed in sorted(ours.keys() & theirs.keys())]
    for seeds in shared or [(min(ours), min(theirs))]:
        right, also = ours[seeds[0]], theirs[seeds[1]]
        both, only_first = int((right & also).sum()), int((right & ~also).sum())
        only_second, neither = int((~right & also).sum()), int((~right & ~also).sum())
        p = float(mcnemar([[both, only_first], [only_second, neither]], exact=True).pvalue)
        yield McNemar(seeds, both, only_first, only_second, neither, min(p, 1.0))


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
    corrected = SIGNIFICANCE / pairs
    boundless = [each.with_many_seeds() for each in found if each.seeds is not None]
    return Resolution(
        alone=float(np.median([each.resolvable(SIGNIFICANCE, POWER) for each in found])),
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
