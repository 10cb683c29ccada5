"""The watchdog: what hangs is told from what is slow, and only watched time counts."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from benchmarks.errors import JobFailed, Lost
from benchmarks.execution.executors.steps import telling
from benchmarks.execution.executors.watchdog import Patience, Step, Watchdog, processor_seconds
from benchmarks.execution.jobs.kinds import KINDS, JobKind

PATIENCE = Patience(idle=60, silent=600, image=10)


def given_up(
    used: Callable[[], float], steps: dict[int, Step] | None = None, shared: int = 0
) -> tuple[int, JobFailed]:
    """Return the second at which a job is given up, and why."""
    dog = Watchdog(used, PATIENCE)
    for second in itertools.count(1):
        if (step := (steps or {}).get(second)) is not None:
            dog.told(step)
        if (reason := dog.look(1, shared)) is not None:
            return second, reason
    raise AssertionError


def computing() -> Callable[[], float]:
    return partial(next, itertools.count())


def test_one_without_processor_time_is_lost() -> None:
    second, reason = given_up(lambda: 7.0)
    assert 60 <= second <= 66
    assert isinstance(reason, Lost)
    assert str(reason) == "its process used no processor time for 1 min: stopped, or dead-locked"


def test_one_that_computes_without_a_step_fails_and_is_not_tried_again() -> None:
    second, reason = given_up(computing())
    assert second == 600
    assert not isinstance(reason, Lost)
    assert "it computed for 10 min without an end to its step" in str(reason)


def test_steps_are_what_counts_and_one_on_many_images_may_take_longer() -> None:
    assert given_up(computing(), {500: Step()})[0] == 500 + 599
    assert given_up(computing(), {500: Step(images=300)})[0] == 500 + 599 + 3000
    assert given_up(computing(), {500: Step(images=300), 900: Step()})[0] == 900 + 599


def test_one_may_wait_for_the_longest_step_that_another_worker_takes_for_it() -> None:
    assert given_up(computing(), shared=300)[0] == 600 + 3000


def test_a_machine_that_slept_makes_nobody_late() -> None:
    dog = Watchdog(lambda: 7.0, PATIENCE)
    assert all(dog.look(86_400) is None for _ in range(10))


def test_waiting_for_a_lock_counts_as_computing_and_a_look_at_the_clock_does_not() -> None:
    polling, glancing = itertools.count(step=0.03), itertools.count(step=0.0001)
    assert not isinstance(given_up(lambda: next(polling))[1], Lost)
    assert isinstance(given_up(lambda: next(glancing))[1], Lost)


def test_processor_time_is_that_of_a_process_and_none_of_one_that_is_gone() -> None:
    assert processor_seconds(os.getpid()) > 0
    assert processor_seconds(2**30) == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_job_has_patience_for_a_slow_machine(kind: JobKind) -> None:
    assert kind.patience >= 3600


class Counting:
    """An engine whose model is itself."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def learner(self, name: str) -> Counting:
        self.calls.append(name)
        return self

    def predict(self, images: np.ndarray) -> int:
        return len(images)


def test_an_engine_and_its_models_tell_of_their_steps_and_answer_as_they_are() -> None:
    engine, told = Counting(), list[Step]()
    telling_engine = telling(engine, told.append)  # type: ignore[arg-type]
    learner = telling_engine.learner("small")  # type: ignore[call-arg, arg-type]
    assert learner.predict(np.zeros((300, 2))) == 300
    assert [learner.predict(np.zeros((2, 2))) for _ in range(1000)] == [2] * 1000
    assert engine.calls == ["small"]
    assert told[:2] == [Step(), Step(300)]
    assert len(told) < 10
