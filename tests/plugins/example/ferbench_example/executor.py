"""An executor: the one of this machine, with never more than one job at once."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.execution.executors.contract import Executor, ExecutorSettings, ExecutorSpec
from benchmarks.execution.executors.local import ProcessExecutor


def one_by_one(settings: ExecutorSettings) -> Executor:
    """Make it, whatever number of jobs ``settings`` allow."""
    return ProcessExecutor(replace(settings, capacity=1))


ONE_BY_ONE = ExecutorSpec("one-by-one", one_by_one)
