"""An executor from outside that breaks its contract ends the run in one line that names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from benchmarks.errors import InputError, JobFailed
from benchmarks.execution.executors.contract import Done, Failed, Started
from benchmarks.execution.executors.guarded import REMEDY, GuardedExecutor

ONE, OTHER = (SimpleNamespace(output=Path(name)) for name in ("one", "other"))


def sound() -> dict[str, Any]:
    return {
        "capacity": 2,
        "submit": lambda job: None,
        "wait": lambda timeout: None,
        "close": lambda: None,
    }


def raising(error: BaseException) -> Callable[..., None]:
    def fail(*given: object) -> None:
        raise error

    return fail


def used(executor: GuardedExecutor) -> None:
    assert executor.capacity == 2
    executor.submit(ONE)  # type: ignore[arg-type]
    executor.wait(0.1)
    executor.close()


BROKEN: MappingProxyType[str, tuple[dict[str, Any], str]] = MappingProxyType(
    {
        "submit raises": ({"submit": raising(KeyError("x"))}, "submit: KeyError: 'x'"),
        "wait raises": ({"wait": raising(OSError("a\nb"))}, "wait: OSError: a b"),
        "close raises": ({"close": raising(RuntimeError())}, "close: RuntimeError:"),
        "it ends the program": ({"wait": raising(SystemExit(0))}, "wait: SystemExit: 0"),
        "it takes no job": ({"capacity": 0}, "capacity: 0 is no number of jobs"),
        "its capacity is a word": ({"capacity": "2"}, "capacity: '2' is no number of jobs"),
        "an event of nothing": ({"wait": lambda timeout: ONE}, "wait: SimpleNamespace of no job"),
        "an event of another job": ({"wait": lambda timeout: Started(OTHER)}, "wait: Started of"),
    }
)


@pytest.mark.parametrize("case", BROKEN)
def test_what_an_executor_does_wrong_is_told_in_one_line(case: str) -> None:
    wrong, told = BROKEN[case]
    executor = GuardedExecutor("moon", SimpleNamespace(**{**sound(), **wrong}))
    with pytest.raises(InputError) as caught:
        used(executor)
    assert re.fullmatch(f"the executor 'moon', {re.escape(told)}.*; {REMEDY}", str(caught.value))


def test_a_job_has_one_end() -> None:
    end = Failed(ONE, JobFailed("why"))  # type: ignore[arg-type]
    executor = GuardedExecutor("moon", SimpleNamespace(**{**sound(), "wait": lambda timeout: end}))
    executor.submit(ONE)  # type: ignore[arg-type]
    assert executor.wait(0.1) is end
    with pytest.raises(InputError, match="wait: Failed of no job that it was given"):
        executor.wait(0.1)


def test_of_several_faults_the_first_is_told() -> None:
    wrong = {"submit": raising(ValueError("first")), "close": raising(ValueError("second"))}
    executor = GuardedExecutor("moon", SimpleNamespace(**{**sound(), **wrong}))
    for fault in (lambda: executor.submit(ONE), executor.close):  # type: ignore[arg-type]
        with pytest.raises(InputError, match="submit: ValueError: first"):
            fault()


def test_what_a_sound_one_says_is_passed_on() -> None:
    events = [Started(ONE), None, Done(ONE, "result")]  # type: ignore[arg-type]
    coming = iter(events)
    inner = SimpleNamespace(**{**sound(), "wait": lambda timeout: next(coming)})
    executor = GuardedExecutor("moon", inner)
    executor.submit(ONE)  # type: ignore[arg-type]
    assert [executor.wait(0.1) for _ in events] == events
    executor.close()
