"""Code from outside: a plug-in file by its path, an installed package by its entry points."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Protocol, TypeVar

MODELS, DATA_SETS = "ferbench.models", "ferbench.datasets"
ENGINES, EXECUTORS = "ferbench.engines", "ferbench.executors"


@dataclass(frozen=True)
class Installed:
    """What an installed package brings, and the package, entry and group that bring it."""

    value: Any
    origin: str


@dataclass(frozen=True)
class LeftOut:
    """What an installed package names and ferbench goes on without, and why."""

    origin: str
    reason: str


def import_plugin(path: Path, refusal: type[ValueError]) -> ModuleType:
    """Import the Python file ``path`` under a name of its own; raises ``refusal``."""
    spec = importlib.util.spec_from_file_location(f"ferbench_plugin_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise refusal(f"plugin {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise refusal(f"plugin {path}: {type(error).__name__}: {error}") from error
    return module


def installed(group: str, kinds: tuple[type, ...]) -> tuple[Installed, ...]:
    """Return all of ``kinds`` that installed packages bring in the entry points ``group``.

    One that is broken is left out, and told of in one line on standard error: ferbench goes on
    without it.
    """
    for each in brought(group, kinds):
        if isinstance(each, LeftOut):
            leave_out(each.origin, each.reason)
    return tuple(each for each in brought(group, kinds) if isinstance(each, Installed))


@cache
def brought(group: str, kinds: tuple[type, ...]) -> tuple[Installed | LeftOut, ...]:
    """Return all of ``kinds`` that installed packages bring, and which entries are broken.

    An entry names a module, which brings every such object in it, or one object. Packages are
    loaded once in a process, in the order of their names.
    """
    return tuple(
        one
        for entry in sorted(entry_points(group=group), key=_origin)
        for one in _brought(entry, kinds)
    )


class Named(Protocol):
    """A row of a table, found by its name."""

    @property
    def name(self) -> str:
        """The name by which it is found."""
        ...


Spec = TypeVar("Spec", bound=Named)


def by_name(rows: Iterable[Spec], group: str, kind: type[Spec], noun: str) -> Mapping[str, Spec]:
    """Return ``rows`` by name, then those of ``kind`` that installed packages bring in ``group``.

    What is broken, or has a name that is taken, is left out and told of as a ``noun``.
    """
    found = {row.name: row for row in rows}
    for brought in installed(group, (kind,)):
        name = brought.value.name
        if found.setdefault(name, brought.value) is not brought.value:
            leave_out(brought.origin, f"two {noun} are named {name!r}")
    return MappingProxyType(found)


@cache
def leave_out(origin: str, reason: str) -> None:
    """Say on standard error, once in a process, why what ``origin`` brings is not there."""
    line = " ".join(reason.split())
    print(f"ferbench: plug-in {origin}: {line}; update or uninstall it", file=sys.stderr)


def _brought(entry: EntryPoint, kinds: tuple[type, ...]) -> Iterator[Installed | LeftOut]:
    origin = _origin(entry)
    try:
        loaded = entry.load()
    except (Exception, SystemExit) as error:
        yield LeftOut(origin, f"{type(error).__name__}: {error}")
        return
    values = vars(loaded).values() if isinstance(loaded, ModuleType) else (loaded,)
    found = [Installed(value, origin) for value in values if isinstance(value, kinds)]
    if not found:
        yield LeftOut(origin, f"it holds no {' or '.join(kind.__name__ for kind in kinds)}")
    yield from found


def _origin(entry: EntryPoint) -> str:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
    return f"{package}: {entry.name} = {entry.value} ({entry.group})"
