"""The executors by name, one row each: those of ferbench, then those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from benchmarks.errors import InputError
from benchmarks.execution.executors.contract import Executor, ExecutorSettings, ExecutorSpec
from benchmarks.execution.executors.local import ProcessExecutor

EXECUTORS = (ExecutorSpec("local", ProcessExecutor),)
GROUP = "ferbench.executors"
"""The entry points by which an installed package brings an `ExecutorSpec`."""


def executors() -> Mapping[str, ExecutorSpec]:
    """Return every executor by name; raises ``InputError`` for an entry point that brings none."""
    found = {spec.name: spec for spec in EXECUTORS}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        spec = entry.load()
        if not isinstance(spec, ExecutorSpec):
            raise InputError(f"executor {entry.value}: is no ExecutorSpec; correct the entry point")
        if found.setdefault(spec.name, spec) is not spec:
            raise InputError(f"two executors are named {spec.name!r}; uninstall one of them")
    return found


def make_executor(settings: ExecutorSettings, name: str = "local") -> Executor:
    """Make the executor ``name``; raises ``InputError`` naming those there are."""
    if name not in executors():
        raise InputError(f"unknown executor {name!r}; there are: {', '.join(executors())}")
    return executors()[name].factory(settings)
