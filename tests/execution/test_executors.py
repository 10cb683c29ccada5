"""The executor of this machine keeps the contract, and is found by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.execution.executors.contract import Executor, ExecutorSettings
from benchmarks.execution.executors.local import ProcessExecutor
from benchmarks.execution.executors.registry import make_executor
from benchmarks.testing.executors import ExecutorContract

SETTINGS = ExecutorSettings(capacity=1, threads=1, forbidden=(), log=Path("log.txt"))


class TestProcessExecutor(ExecutorContract):
    @staticmethod
    def make(settings: ExecutorSettings) -> Executor:
        return ProcessExecutor(settings)


def test_the_executor_of_this_machine_is_the_one_that_is_used() -> None:
    executor = make_executor(SETTINGS)
    executor.close()
    assert isinstance(executor, ProcessExecutor)


def test_an_unknown_executor_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="unknown executor 'moon'; there are: local"):
        make_executor(SETTINGS, "moon")
