"""Comparisons keep their level, ties follow from them, and the smallest difference is found."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from benchmarks.errors import InputError
from benchmarks.evaluation.bootstrap import bootstrap
from benchmarks.evaluation.comparison import POWER, Pair, compare, ranks, resolution
from benchmarks.evaluation.statistics import Statistics, compute_statistics, refuse_incomparable
from benchmarks.evaluation.uncertainty import Uncertainty
from benchmarks.store.records import RunResults
from tests.evaluation.simulated import World, run_of


def run_with(
    answers: dict[str, list[list[int]]], *, image_ids: list[str] | None = None
) -> RunResults:
    """Make a run of two classes in which every label is 0."""
    size = len(next(iter(answers.values()))[0])
    arrays = {name: [np.array(seed) for seed in seeds] for name, seeds in answers.items()}
    return run_of(np.zeros(size, np.int64), arrays, 2, image_ids=image_ids)


def drawn(share: float, size: int, seed: int) -> list[int]:
    return (np.random.default_rng(seed).random(size) > share).astype(int).tolist()


def test_with_one_seed_the_p_value_is_mcnemars_exact_one() -> None:
    run = run_with({"a": [drawn(0.7, 400, 0)], "b": [drawn(0.6, 400, 1)]})
    pair = compute_statistics(run).pair("a", "b")
    a, b = (variant.fits[0].test.correct for variant in run.ranked)
    table = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
    assert pair.p == mcnemar(table, exact=True).pvalue
    assert pair.p == pytest.approx(stats.binomtest(table[0][1], table[0][1] + table[1][0]).pvalue)
    assert (pair.mcnemar[0].only_first, pair.mcnemar[0].only_second) == (table[0][1], table[1][0])
    assert pair.test == "McNemar’s exact test"
    assert not pair.seeds_known


def test_the_difference_and_its_interval_are_paired() -> None:
    run = run_with({"a": [drawn(0.7, 2000, 0)], "b": [drawn(0.6, 2000, 1)]})
    pair = compute_statistics(run).pair("a", "b")
    each = np.subtract(*(variant.fits[0].test.correct.astype(float) for variant in run.ranked))
    assert pair.difference == pytest.approx(each.mean())
    half = 1.96 * stats.sem(each)
    assert (pair.low, pair.high) == pytest.approx(
        (each.mean() - half, each.mean() + half), abs=0.001
    )


def test_holms_correction_is_over_all_pairs() -> None:
    run = run_with(
        {name: [drawn(0.5 + place / 20, 300, place)] for place, name in enumerate("abcd")}
    )
    pairs = sorted(compute_statistics(run).pairs, key=lambda pair: pair.p)
    by_hand = np.maximum.accumulate([p.p * (6 - place) for place, p in enumerate(pairs)]).clip(
        max=1
    )
    assert [pair.p_holm for pair in pairs] == pytest.approx(by_hand.tolist())


def test_of_identical_copies_mcnemars_test_counts_one() -> None:
    ids = [f"{place:03}" for place in range(50)]
    once = {"a": [drawn(0.8, 50, 0)], "b": [drawn(0.5, 50, 1)]}
    thrice = {name: [seeds[0] * 3] for name, seeds in once.items()}
    alone = compute_statistics(run_with(once, image_ids=ids)).pair("a", "b")
    copied = compute_statistics(run_with(thrice, image_ids=ids * 3)).pair("a", "b")
    assert copied.mcnemar == alone.mcnemar
    assert (copied.p, copied.low) == pytest.approx((alone.p, alone.low))


def test_several_seeds_are_tested_one_by_one_and_decided_together() -> None:
    answers = {name: [drawn(0.6, 200, 10 * k + s) for s in range(3)] for k, name in enumerate("ab")}
    pair = compute_statistics(run_with(answers)).pair("a", "b")
    assert [test.seeds for test in pair.mcnemar] == [(0, 0), (1, 1), (2, 2)]
    assert pair.test == "difference over images and seeds"
    assert pair.seeds_known


def test_a_variant_of_one_seed_leaves_the_seeds_unknown() -> None:
    answers = {"a": [drawn(0.6, 200, s) for s in range(3)], "b": [drawn(0.6, 200, 9)]}
    pair = compute_statistics(run_with(answers)).pair("a", "b")
    assert pair.test == "difference over images"
    assert len(pair.mcnemar) == 1
    assert not pair.seeds_known


def test_variants_that_answer_alike_are_tied_and_not_surely_equal() -> None:
    same = drawn(0.6, 200, 0)
    pair = compute_statistics(run_with({"a": [same], "b": [same]})).pair("a", "b")
    assert (pair.difference, pair.p) == (0, 1)
    assert pair.low < 0 < pair.high


def test_a_pair_can_be_asked_for_either_way() -> None:
    answers = {name: [drawn(0.6 + k / 10, 200, k)] for k, name in enumerate("ab")}
    statistics = compute_statistics(run_with(answers))
    one, other = statistics.pair("a", "b"), statistics.pair("b", "a")
    assert other == one.turned()
    assert other.turned() == one
    assert (other.low, other.high) == (-one.high, -one.low)


def pair(first: str, second: str, difference: float, p: float) -> Pair:
    return Pair(
        first=first,
        second=second,
        difference=difference,
        low=difference,
        high=difference,
        test="difference over images",
        p=p,
        p_holm=p,
        mcnemar=(),
        uncertainty=Uncertainty(1e-4),
    )


def test_ranks_are_tied_where_no_comparison_parts_them() -> None:
    pairs = (
        pair("a", "b", 0.01, 0.3),
        pair("a", "c", 0.05, 0.001),
        pair("c", "b", -0.03, 0.06),
        pair("d", "a", -0.2, 0.001),
        pair("b", "d", 0.19, 0.001),
        pair("c", "d", 0.1, 0.001),
    )
    assert ranks("abcd", pairs) == {"a": (1, 2), "b": (1, 3), "c": (2, 3), "d": (4, 4)}


def test_a_variant_alone_has_rank_one_and_no_pair() -> None:
    statistics = compute_statistics(run_with({"a": [drawn(0.6, 50, 0)]}))
    assert statistics.ranks == {"a": (1, 1)}
    assert statistics.pairs == ()
    assert statistics.resolution is None


def test_without_duplicates_the_scores_are_those_of_the_remaining_images() -> None:
    answers = {name: [drawn(0.6, 100, 3 * k + s) for s in range(2)] for k, name in enumerate("ab")}
    shared = np.arange(100) < 30
    arrays = {name: [np.array(seed) for seed in seeds] for name, seeds in answers.items()}
    run = run_of(np.zeros(100, np.int64), arrays, 2, shared=shared)
    part = compute_statistics(run).without_duplicates
    assert part is not None
    assert part.images == 70
    for variant in run.ranked:
        rest = np.mean([fit.test.correct[30:].mean() for fit in variant.fits])
        assert part.scores[variant.name]["accuracy"].value == pytest.approx(rest)


@pytest.mark.parametrize("shared", [0, 100])
def test_a_part_without_images_or_without_difference_is_none_or_the_whole(shared: int) -> None:
    run = run_of(
        np.zeros(100, np.int64),
        {"a": [np.array(drawn(0.6, 100, 0))]},
        2,
        shared=np.arange(100) < shared,
    )
    statistics = compute_statistics(run)
    assert statistics.without_duplicates is (None if shared else statistics.whole)


def test_a_run_without_ranked_variants_has_no_statistics() -> None:
    statistics = compute_statistics(run_of(np.zeros(10, np.int64), {}, 2))
    assert statistics == Statistics(None, None)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    run = run_with({"plain-cnn": [drawn(0.6, 20, 0)], "bn-cnn": [drawn(0.6, 20, 1)]})
    with pytest.raises(InputError, match="no variant 'plain-cn'; did you mean 'plain-cnn'"):
        refuse_incomparable(run, "plain-cn", "bn-cnn")
    with pytest.raises(InputError, match="twice"):
        refuse_incomparable(run, "bn-cnn", "bn-cnn")


@pytest.fixture
def settled() -> Iterator[None]:
    """Take what is alive out of garbage collection: statsmodels collects at every correction."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    ("world", "variants", "runs"),
    [
        (World(seeds=1), 12, 120),
        (World(seeds=3), 8, 150),
        (World(seeds=3, luck=0.1), 8, 150),
        (World(seeds=3, luck=0.1), 2, 300),
    ],
    ids=["one seed", "seeds alike", "seeds far apart", "two variants"],
)
def test_among_equals_a_difference_is_found_in_at_most_5_of_100_runs(
    world: World, variants: int, runs: int
) -> None:
    chance = np.random.default_rng(5)
    found = [
        any(pair.differs for pair in compared(world.run(chance, variants))) for _ in range(runs)
    ]
    assert np.mean(found) <= 0.05


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("seeds", [1, 3])
def test_the_smallest_resolvable_difference_is_found_in_80_of_100_runs(seeds: int) -> None:
    chance = np.random.default_rng(6)
    world = World(images=600, seeds=seeds, luck=0.05 if seeds > 1 else 0)
    told = [resolution(compared(world.run(chance, 2)), 1) for _ in range(60)]
    wanted = float(np.mean([each.alone for each in told if each]))
    better = World(**{**vars(world), "skills": raised(world, wanted)})
    found = [compared(better.beside(world, chance))[0].differs for _ in range(300)]
    assert np.mean(found) == pytest.approx(POWER, abs=0.06)


def compared(run: RunResults) -> tuple[Pair, ...]:
    """Compare all pairs of a run by a small bootstrap."""
    sizes = [len(variant.fits) for variant in run.ranked]
    places = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    found = bootstrap([fit.test for v in run.ranked for fit in v.fits], resamples=500)
    by_name = {v.name: fits for v, fits in zip(run.ranked, places, strict=True)}
    return compare(list(combinations(run.ranked, 2)), found.metrics["accuracy"], by_name)


def raised(world: World, difference: float) -> tuple[float, ...]:
    """Return the skills that raise the accuracy of ``world`` by ``difference``."""
    steps = np.linspace(0, 1, 201)
    raised = [tuple(skill + step for skill in world.skills) for step in steps]
    reached = [World(**{**vars(world), "skills": s}).truth()["accuracy"] for s in raised]
    wanted = world.truth()["accuracy"] + difference
    return raised[int(np.argmin(np.abs(np.array(reached) - wanted)))]
