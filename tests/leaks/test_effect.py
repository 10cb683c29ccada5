"""What a mistake is worth: differences, their intervals, and what claims they could explain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks.data.mistakes import MISTAKES
from benchmarks.evaluation.uncertainty import Interval
from benchmarks.leaks.claims import CLAIMS, REFERENCE, explanations, lifted, needed, verdict
from benchmarks.leaks.effect import MistakeEffect, Scored, difference, mean


def answers(chance: np.random.Generator, accuracy: float, seeds: int, images: int) -> Scored:
    correct = chance.random((seeds, images)) < accuracy
    return Scored(correct, np.array([str(image) for image in range(images)]))


def width(estimate: Interval) -> float:
    return estimate.high - estimate.low


def test_the_interval_of_one_seed_is_that_of_scipys_bootstrap() -> None:
    scored = answers(np.random.default_rng(0), 0.7, 1, 500)
    ours = mean(scored)
    theirs = stats.bootstrap(
        (scored.correct[0].astype(float),), np.mean, method="percentile", rng=0
    ).confidence_interval
    assert ours.value == scored.correct.mean()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_a_paired_difference_has_the_interval_of_scipys_paired_bootstrap() -> None:
    chance = np.random.default_rng(1)
    one = answers(chance, 0.6, 1, 800)
    other = Scored(one.correct ^ (chance.random((1, 800)) < 0.1), one.clusters)
    ours = difference(one, other, same_images=True)
    theirs = stats.bootstrap(
        (one.correct[0].astype(float), other.correct[0].astype(float)),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        paired=True,
        method="percentile",
        rng=0,
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)
    assert width(ours) < width(difference(one, other, same_images=False)) / 1.5


def test_equal_answers_differ_by_nothing() -> None:
    scored = answers(np.random.default_rng(2), 0.5, 3, 100)
    assert difference(scored, scored, same_images=True) == Interval(0.0, 0.0, 0.0)


def test_seeds_are_paired_so_that_a_gain_which_all_share_is_sure() -> None:
    clusters = np.array([str(image) for image in range(1000)])
    at = [np.arange(1000) < right for right in (600, 700, 800)]
    better = [np.arange(1000) < right for right in (650, 750, 850)]
    found = difference(
        Scored(np.stack(better), clusters), Scored(np.stack(at), clusters), same_images=True
    )
    assert found.value == pytest.approx(0.05)
    assert 0.03 < found.low < found.high < 0.07


def test_copies_of_one_picture_are_no_further_evidence() -> None:
    scored = answers(np.random.default_rng(3), 0.5, 1, 400)
    copied = Scored(np.repeat(scored.correct, 4, axis=1), np.repeat(scored.clusters, 4))
    assert width(mean(copied)) == pytest.approx(width(mean(scored)), rel=0.1)


def test_seeds_that_disagree_widen_the_interval() -> None:
    clusters = np.array([str(image) for image in range(1000)])
    good, bad = np.arange(1000) < 800, np.arange(1000) < 600
    apart = Scored(np.stack([good, bad]), clusters)
    assert width(mean(apart)) > 2 * width(mean(Scored(good[None], clusters)))


def test_the_interval_of_a_difference_covers_the_truth_as_often_as_it_says() -> None:
    covered = 0
    for round_ in range(200):
        chance = np.random.default_rng([7, round_])
        one, other = answers(chance, 0.7, 1, 300), answers(chance, 0.6, 1, 300)
        found = difference(one, other, same_images=False)
        covered += found.low <= 0.1 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def worth(value: float, low: float, high: float, honest: float = 0.5) -> MistakeEffect:
    return MistakeEffect(
        mistake=MISTAKES[0],
        reported=Interval(honest + value, 0, 1),
        counterpart=Interval(honest, 0, 1),
        gain=Interval(value, low, high),
    )


def test_a_mistake_counts_by_the_share_of_the_errors_that_it_hides() -> None:
    assert worth(0.25, 0.2, 0.3).errors_hidden == Interval(0.5, 0.4, 0.6)
    assert worth(0.0, 0.0, 0.0, honest=1.0).errors_hidden == Interval(0.0, 0.0, 0.0)


def test_a_claim_is_explained_by_what_lifts_the_reference_to_it() -> None:
    student = next(claim for claim in CLAIMS if claim.figure == 0.8536)
    need = needed(student)
    assert lifted(need) == pytest.approx(0.8536)
    enough = worth(need, 0.5 * need + 0.01, need, honest=0.5)
    assert verdict(student, enough) == "large enough"
    assert verdict(student, worth(0.2, 0.1, 0.5 * need + 0.01)) == "perhaps"
    assert verdict(student, worth(0.1, 0.0, 0.2)) == "too small"


def test_a_figure_below_the_reference_needs_no_mistake() -> None:
    low = [claim for claim in CLAIMS if claim.figure < REFERENCE]
    assert low
    assert all(needed(claim) == 0 for claim in low)


def test_what_was_not_measured_explains_nothing() -> None:
    absent = replace(worth(0.5, 0.5, 0.5), reason="not made yet")
    assert explanations(CLAIMS[0], [absent], "large enough") == []


def test_every_known_mistake_of_a_claim_is_one_that_the_laboratory_makes() -> None:
    names = {mistake.name for mistake in MISTAKES}
    assert {claim.mistake for claim in CLAIMS} <= names | {""}
