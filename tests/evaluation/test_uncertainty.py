"""Intervals and p-values are the textbook's at the limits and cover as they say between them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from benchmarks.evaluation.bootstrap import Estimate, bootstrap
from benchmarks.evaluation.uncertainty import (
    SeedFloor,
    Uncertainty,
    of_difference,
    of_mean,
    seed_floor,
)
from tests.evaluation.simulated import World


def estimate(scores: list[float], covariance: np.ndarray | None = None) -> Estimate:
    size = len(scores)
    return Estimate(np.array(scores), np.zeros((size, size)) if covariance is None else covariance)


def test_with_one_seed_the_interval_of_accuracy_is_wilsons() -> None:
    # 81 of 263: the worked example of Newcombe 1998, Statistics in Medicine 17:857.
    share = 81 / 263
    found = Uncertainty(share * (1 - share) / 263).interval(share, fraction=True)
    assert found == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert found == pytest.approx(proportion_confint(81, 263, method="wilson"))


def test_a_perfect_score_keeps_an_interval_from_the_number_of_images() -> None:
    low, high = Uncertainty(0.0).interval(1.0, fraction=True, images=50)
    assert (low, high) == pytest.approx(proportion_confint(50, 50, method="wilson"))
    assert np.isnan(Uncertainty(0.0).interval(1.0, fraction=True)).all()


def test_with_seeds_alone_the_interval_is_students() -> None:
    scores = [0.61, 0.64, 0.66]
    found = of_mean(estimate(scores, np.full((3, 3), 1e-18)), np.arange(3))
    theirs = stats.t.interval(0.95, 2, np.mean(scores), stats.sem(scores))
    assert found.interval(float(np.mean(scores))) == pytest.approx(theirs)


def test_with_images_alone_the_p_value_is_the_normal_one() -> None:
    assert Uncertainty(0.01**2).p_value(0.025) == pytest.approx(2 * stats.norm.sf(2.5))


def test_with_seeds_alone_the_p_value_is_welchs() -> None:
    ours, theirs = [0.61, 0.64, 0.66, 0.63], [0.58, 0.62, 0.55]
    found = of_difference(
        estimate([*ours, *theirs]), np.arange(4), np.arange(4, 7), SeedFloor()
    ).p_value(float(np.mean(ours) - np.mean(theirs)))
    assert found == pytest.approx(stats.ttest_ind(ours, theirs, equal_var=False).pvalue)


@pytest.mark.parametrize("difference", [0.004, 0.02, 0.1])
def test_the_p_value_is_the_level_whose_interval_ends_at_zero(difference: float) -> None:
    found = Uncertainty(1e-4, 5e-5, degrees=4)
    assert found._reach(found.p_value(difference)) == pytest.approx(difference)
    assert (found.p_value(difference) < 0.05) == (found.interval(difference)[0] > 0)


@pytest.mark.parametrize("degrees", [1.0, 1.7, 2.7, 24.0, np.inf])
def test_a_p_value_is_a_share_however_far_out(degrees: float) -> None:
    found = Uncertainty(1e-9, 1e-12, degrees)
    assert 0 < found.p_value(-0.9) < 1e-3
    assert found.p_value(0.0) == 1
    assert Uncertainty(0.0, 0.0).p_value(0.3) == 1


def test_the_sources_add_up_and_one_seed_says_nothing_of_seeds() -> None:
    covariance = np.full((3, 3), 2e-4) + 1e-4 * np.eye(3)
    found = of_mean(estimate([0.5, 0.54, 0.58], covariance), np.arange(3))
    assert found.images == pytest.approx(2e-4 + 1e-4 / 3)
    assert found.seeds == pytest.approx((0.04**2 - 1e-4) / 3)
    assert found.with_many_seeds().images == pytest.approx(2e-4)
    alone = of_mean(estimate([0.5], covariance[:1, :1]), np.arange(1))
    assert alone.seeds is alone.seeds_error is None


def test_seeds_that_lie_closer_than_images_explain_add_nothing() -> None:
    covariance = np.full((3, 3), 2e-4) + 1e-4 * np.eye(3)
    assert of_mean(estimate([0.5, 0.5, 0.501], covariance), np.arange(3)).seeds == 0


def test_pairing_takes_the_common_images_out() -> None:
    covariance = np.array([[2e-4, 1.5e-4], [1.5e-4, 2e-4]])
    found = of_difference(
        estimate([0.6, 0.5], covariance), np.array([0]), np.array([1]), SeedFloor()
    )
    assert found.images == pytest.approx(1e-4)
    assert found.seeds is None


def test_the_floor_is_the_spread_where_all_variants_are_alike() -> None:
    chance = np.random.default_rng(0)
    scores = chance.normal(0.6, 0.02, size=900)
    variants = [np.arange(start, start + 3) for start in range(0, 900, 3)]
    found = seed_floor(estimate(scores.tolist()), variants)
    assert found.variance == pytest.approx(0.02**2, rel=0.1)
    assert found.degrees == 300


def test_an_unstable_variant_does_not_lift_the_floor_nor_a_fixed_one_sink_it() -> None:
    chance = np.random.default_rng(0)
    steady = chance.normal(0.6, 0.01, size=(20, 3))
    wild, fixed = [0.1, 0.5, 0.9], [0.3, 0.3, 0.3]
    variants = [np.arange(start, start + 3) for start in range(0, 66, 3)]
    alone = seed_floor(estimate(steady.ravel().tolist()), variants[:20])
    joined = seed_floor(estimate([*steady.ravel().tolist(), *wild, *fixed]), variants)
    assert joined.variance == pytest.approx(alone.variance, rel=0.3)
    assert joined.degrees == alone.degrees + 1


SCORES = ("accuracy", "macro_f1", "balanced_accuracy")
SCORES += ("rarest_f1", "rarest_precision", "rarest_recall")


@pytest.mark.parametrize("world", [World(seeds=1), World(luck=0.06)], ids=["one", "three"])
def test_about_95_of_100_intervals_hold_the_truth(world: World) -> None:
    """A luck of 0.06 moves the accuracy of a training by about two points."""
    held = coverage(world, runs=400)
    assert min(held.values()) > 0.925, held
    assert max(held.values()) < 0.98, held


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [World(seeds=1), World(luck=0.03), World(luck=0.1), World(seeds=5, luck=0.1)],
    ids=["one seed", "seeds alike", "seeds far apart", "five seeds far apart"],
)
def test_93_to_97_of_100_intervals_hold_the_truth(world: World) -> None:
    held = coverage(world, runs=3000)
    assert min(held.values()) > 0.93, held
    assert max(held.values()) < 0.97, held


def coverage(world: World, runs: int) -> dict[str, float]:
    """Return the share of ``runs`` whose intervals hold the truth, for each score."""
    chance, truth, held = np.random.default_rng(8), world.truth(), Counter[str]()
    first, second = np.arange(world.seeds), np.arange(world.seeds, 2 * world.seeds)
    for _ in range(runs):
        run = world.run(chance, variants=2)
        found = bootstrap([fit.test for v in run.ranked for fit in v.fits], resamples=300)
        estimates = {
            **found.metrics,
            "rarest_f1": found.class_f1[-1],
            "rarest_precision": found.class_precision[-1],
            "rarest_recall": found.class_recall[-1],
        }
        for name, value in truth.items():
            scores = estimates[name].scores[first]
            low, high = of_mean(estimates[name], first).interval(scores.mean(), fraction=True)
            held[name] += low <= value <= high
        accuracy = found.metrics["accuracy"]
        floor = seed_floor(accuracy, [first, second])
        difference = accuracy.scores[first].mean() - accuracy.scores[second].mean()
        low, high = of_difference(accuracy, first, second, floor).interval(difference)
        held["difference"] += low <= 0 <= high
    return {name: held[name] / runs for name in (*SCORES, "difference")}
