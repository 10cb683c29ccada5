"""The executors by name, one row each: those of ferbench, then those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from benchmarks.errors import InputError
from benchmarks.execution.executors.contract import Executor, ExecutorSettings, ExecutorSpec
from benchmarks.execution.executors.guarded import GuardedExecutor
from benchmarks.execution.executors.local import ProcessExecutor
from datasets.plugins import EXECUTORS as GROUP
from datasets.plugins import by_name, guarding

EXECUTORS = (ExecutorSpec("local", ProcessExecutor),)


@cache
def executors() -> Mapping[str, ExecutorSpec]:
    """Return every executor by name: those of `EXECUTORS`, then those of installed packages."""
    return by_name(EXECUTORS, GROUP, ExecutorSpec, "executors")


def make_executor(settings: ExecutorSettings, name: str = "local") -> Executor:
    """Make the executor ``name``; raises ``InputError`` naming those there are, or its error."""
    if name not in executors():
        raise InputError(f"unknown executor {name!r}; there are: {', '.join(executors())}")
    spec = executors()[name]
    with guarding(f"the executor {name!r} cannot be made", InputError, passing=(InputError,)):
        made = spec.factory(settings)
    return made if spec in EXECUTORS else GuardedExecutor(name, made)
