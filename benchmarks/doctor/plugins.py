"""Installed packages of plug-ins, by what they bring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks.errors import Finding
from datasets.plugins import DATA_SETS, ENGINES, EXECUTORS, MODELS, LeftOut, brought

Holding = tuple[str, tuple[type, ...], Iterable[object]]
"""A group of entry points, the kinds of what its entries name, and all that a registry took."""


def examine_plugins() -> Iterator[Finding]:
    """Name what is broken or has a name that is taken; what is whole is not told of."""
    for group, kinds, taken in _holdings():
        for each in brought(group, kinds):
            if isinstance(each, LeftOut):
                reason = each.reason
            elif any(each.value is one for one in taken):
                continue
            else:
                reason = "its name is taken"
            found = " ".join(f"{each.origin}: {reason}".split())
            yield Finding("warning", "plug-in", found, "update or uninstall it")


def _holdings() -> Iterator[Holding]:
    from benchmarks.engines.registry import engines
    from benchmarks.engines.spec import EngineSpec
    from benchmarks.execution.executors.contract import ExecutorSpec
    from benchmarks.execution.executors.registry import executors
    from datasets.registry import Source
    from datasets.registry import discover as discover_data
    from models.registry import Architecture, Family, discover

    models = discover()
    yield ENGINES, (EngineSpec,), engines().values()
    yield EXECUTORS, (ExecutorSpec,), executors().values()
    yield (
        MODELS,
        (Architecture, Family),
        (*models.architectures.values(), *models.families.values()),
    )
    yield DATA_SETS, (Source,), discover_data().values()
