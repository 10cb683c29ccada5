"""The choice under limits: the most accurate that keeps them, and what it is tied with."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.evaluation.choice import Candidate, Limits, alternatives, candidates, choose, front
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.evaluation.statistics import Statistics, compute_statistics
from benchmarks.store.reading import read_run
from tests.evaluation.costs import COSTS, ROWS, spend
from tests.folder import build

Offer = tuple[tuple[Candidate, ...], Statistics]


def offer_of(folder: Path) -> Offer:
    run = read_run(folder)
    statistics = compute_statistics(run)
    return candidates(run, leaderboard(run, statistics)), statistics


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("runs") / "run", ROWS, images=150)
    for name, (parameters, latency) in COSTS.items():
        spend(folder, name, parameters=parameters, latency_ms=latency)
    return folder


@pytest.fixture(scope="module")
def offer(folder: Path) -> Offer:
    return offer_of(folder)


def named(found: tuple[Candidate, ...]) -> list[str]:
    return [candidate.variant for candidate in found]


def test_own_ranked_variants_are_offered_best_first(offer: Offer) -> None:
    offered, _ = offer
    assert set(named(offered)) == set(COSTS)
    assert [c.accuracy for c in offered] == sorted((c.accuracy for c in offered), reverse=True)
    assert [c.variant for c in offered if c.guessing] == ["guess"]


@pytest.mark.parametrize(
    ("limits", "within"),
    [
        (Limits(), set(COSTS)),
        (Limits(latency_ms=20.0), {"best", "small twin", "weak", "guess"}),
        (Limits(parameters=1e6), {"twin", "small twin", "weak", "guess"}),
        (Limits(latency_ms=1.0, parameters=1e5), {"weak", "guess"}),
        (Limits(parameters=99_999), {"guess"}),
    ],
)
def test_the_most_accurate_within_the_limits_is_taken(
    offer: Offer, limits: Limits, within: set[str]
) -> None:
    offered, statistics = offer
    taken = choose(offered, statistics, limits).taken
    assert taken is not None
    assert taken.accuracy == max(c.accuracy for c in offered if c.variant in within)
    assert taken.variant in within


def test_nothing_is_taken_where_nothing_keeps_the_limits(offer: Offer) -> None:
    offered, statistics = offer
    choice = choose(offered, statistics, Limits(latency_ms=0.05))
    assert (choice.taken, choice.alternatives) == (None, ())


def test_what_is_given_up_is_the_difference_to_the_best_of_all(offer: Offer) -> None:
    offered, statistics = offer
    choice = choose(offered, statistics, Limits(parameters=1e5))
    assert choice.given_up is not None and choice.taken is not None
    assert choice.given_up.first == offered[0].variant
    lost = offered[0].accuracy - choice.taken.accuracy
    assert choice.given_up.difference == pytest.approx(lost)
    assert choose(offered, statistics, Limits()).given_up is None


def test_alternatives_are_tied_and_cheaper_in_something(offer: Offer) -> None:
    offered, statistics = offer
    found = alternatives(offered[0], offered, statistics)
    assert named(offered)[:3] == ["best", "twin", "small twin"]
    assert named(found) == ["twin", "small twin"]
    assert not any(statistics.pair("best", other.variant).differs for other in found)
    assert named(alternatives(offered[1], offered, statistics)) == ["small twin"]


def test_an_alternative_that_breaks_a_limit_is_not_named(offer: Offer) -> None:
    offered, statistics = offer
    limits = Limits(latency_ms=25.0)
    choice = choose(offered, statistics, limits)
    assert all(limits.allow(other) for other in choice.alternatives)


def test_an_unknown_cost_keeps_no_limit_but_is_free_without_one() -> None:
    unknown = Candidate(variant="a", accuracy=0.5, low=0.4, high=0.6)
    assert Limits().allow(unknown)
    assert not Limits(latency_ms=1e9).allow(unknown)
    assert not Limits(parameters=1e12).allow(unknown)


def test_times_of_other_hardware_are_held_to_no_limit(folder: Path, tmp_path: Path) -> None:
    place = build(tmp_path / "run", ROWS[:4], images=60)
    spend(place, "best", device="GPU one")
    offered, _ = offer_of(place)
    by_name = {c.variant: c for c in offered}
    assert by_name["best"].latency_ms is None
    assert by_name["best"].parameters is not None
    assert by_name["twin"].latency_ms is not None


def at(accuracy: float, cost: float | None) -> Candidate:
    return Candidate(
        variant=f"{accuracy} {cost}", accuracy=accuracy, low=0, high=1, latency_ms=cost
    )


def test_the_front_is_what_nothing_beats_at_its_cost() -> None:
    cheap, good, dear = at(0.3, 1.0), at(0.6, 2.0), at(0.7, 50.0)
    beaten, equal, unknown = at(0.5, 3.0), at(0.6, 4.0), at(0.9, None)
    offered = [unknown, dear, good, equal, beaten, cheap]
    assert front(offered, lambda c: c.latency_ms) == (cheap, good, dear)
    assert front([], lambda c: c.latency_ms) == ()


def test_of_two_that_are_equal_in_both_the_first_is_on_the_front() -> None:
    one = at(0.6, 2.0)
    twin = Candidate(variant="twin", accuracy=0.6, low=0, high=1, latency_ms=2.0)
    assert front([one, twin], lambda c: c.latency_ms) == (one,)
