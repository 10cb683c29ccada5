"""What the past of a fit decides."""

from __future__ import annotations

import pytest

from benchmarks.training.schedule import (
    average_decay,
    best_epoch,
    learning_rate,
    plateau_scale,
    should_stop,
)
from models.registry import Schedule
from tests.engine_process import call


def test_the_constant_rate_is_constant_even_on_a_plateau() -> None:
    assert learning_rate("constant", 0.1, step=7, steps=10, plateau_scale=0.5) == 0.1


@pytest.mark.parametrize("rise", [0.0, 0.1])
@pytest.mark.parametrize("steps", [4, 50, 333])
def test_one_cycle_is_that_of_torch(steps: int, rise: float) -> None:
    ours = [
        learning_rate("one-cycle", 0.1, step=step, steps=steps, warm_up=rise)
        for step in range(steps)
    ]
    theirs = call(
        "tests.training.torch_schedule:one_cycle", highest=0.1, steps=steps, rise=rise or 0.3
    )
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_few_steps_has_a_rate(steps: int) -> None:
    for rise in (0.0, 0.5):
        rates = [
            learning_rate("one-cycle", 0.1, step=step, steps=steps, warm_up=rise)
            for step in range(steps)
        ]
        assert all(0 < rate <= 0.1 for rate in rates)


@pytest.mark.parametrize(
    ("schedule", "first", "last"),
    [("constant", 0.02, 0.1), ("plateau", 0.01, 0.05), ("cosine", 0.02, 0.0024471742)],
)
def test_a_warm_up_of_ones_own_rises_to_what_the_schedule_has(
    schedule: Schedule, first: float, last: float
) -> None:
    rates = [
        learning_rate(schedule, 0.1, step=step, steps=10, plateau_scale=0.5, warm_up=0.5)
        for step in range(10)
    ]
    assert rates[:5] == pytest.approx([first * count for count in range(1, 6)])
    assert rates[-1] == pytest.approx(last)


def test_the_plateau_rate_follows_its_scale() -> None:
    assert learning_rate("plateau", 0.1, step=7, steps=10, plateau_scale=0.5) == 0.05


@pytest.mark.parametrize("steps", [1, 2, 3, 100, 1000])
def test_the_cosine_warms_up_to_its_base_and_falls_but_not_to_nothing(steps: int) -> None:
    rates = [learning_rate("cosine", 0.1, step=step, steps=steps) for step in range(steps)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(0.1)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert min(rates) > 0


def test_an_average_soon_forgets_the_first_weights_and_then_keeps_its_decay() -> None:
    assert [average_decay(0.999, step) for step in (0, 8, 90)] == [0.1, 0.5, 0.91]
    assert average_decay(0.999, 10_000) == 0.999


def test_the_best_epoch_is_the_first_of_equals() -> None:
    assert best_epoch([0.1, 0.3, 0.2, 0.3]) == 1


@pytest.mark.parametrize(
    ("scores", "patience", "stops"),
    [
        ([0.5], 1, False),
        ([0.5, 0.4], 1, True),
        ([0.5, 0.4, 0.6], 1, False),
        ([0.5, 0.4, 0.4], 3, False),
        ([0.5, 0.4, 0.4, 0.5], 3, True),
        ([0.5, 0.1, 0.1, 0.1], 0, False),
    ],
)
def test_training_stops_after_patience_epochs_without_a_new_best(
    scores: list[float], patience: int, stops: bool
) -> None:
    assert should_stop(scores, patience) is stops


def test_a_plateau_reduces_once_for_each_patience_epochs() -> None:
    scores = [0.5, 0.4, 0.4, 0.4, 0.4, 0.6, 0.5]
    scales = [plateau_scale(scores[:end], 2, 0.5) for end in range(len(scores) + 1)]
    assert scales == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert plateau_scale(scores, 0, 0.5) == 1
