"""Code from outside: a plug-in file by its path, an installed package by its entry points."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from threading import Timer
from types import MappingProxyType, ModuleType
from typing import Any, NoReturn, Protocol, TypeVar

MODELS, DATA_SETS = "ferbench.models", "ferbench.datasets"
ENGINES, EXECUTORS = "ferbench.engines", "ferbench.executors"
GROUPS = (MODELS, DATA_SETS, ENGINES, EXECUTORS)
"""The groups of entry points by which packages bring code."""
SLOW = 10.0
"""Seconds after which it is told that a plug-in is still being imported."""
LONGEST = 300
"""Characters that are kept of what somebody else's code says."""


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


class _Broken(ValueError):
    """An entry that cannot be loaded."""


def import_plugin(path: Path, refusal: type[ValueError]) -> ModuleType:
    """Import the Python file ``path`` under a name of its own; raises ``refusal``.

    What it prints meanwhile goes to standard error; one that takes long is told of there.
    """
    spec = importlib.util.spec_from_file_location(f"ferbench_plugin_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise refusal(f"plugin {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    with _importing(f"plugin {path}", refusal), _told_if_slow(path):
        spec.loader.exec_module(module)
    return module


@contextmanager
def _importing(origin: str, refusal: type[ValueError]) -> Iterator[None]:
    """Guard an import: what it prints is no output, and it ends the program in no way it is told.

    ``os._exit`` would end it in silence, with a status of the plug-in's choosing.
    """
    process, end = os.getpid(), os._exit

    def ended(status: int) -> NoReturn:
        if os.getpid() != process:  # a child that the plug-in has forked
            end(status)
        raise SystemExit(f"os._exit({status})")

    with redirect_stdout(sys.stderr), guarding(origin, refusal):
        os._exit = ended
        try:
            yield
        finally:
            os._exit = end


@contextmanager
def guarding(
    origin: str, refusal: type[ValueError], passing: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Turn any error within the block into a ``refusal`` in one line that begins with ``origin``.

    So code from outside ends neither the program nor passes for a Ctrl-C. Errors of the kinds
    ``passing`` stay as they are. It decorates functions too.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, (GeneratorExit, *passing)) or is_interrupt(error):
            raise
        line = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]
        raise refusal(f"{origin}: {line}") from error


def is_interrupt(error: BaseException) -> bool:
    """Tell whether ``error`` is a Ctrl-C, and none that code has raised by itself."""
    if type(error) is KeyboardInterrupt:  # the command line's own is one of a kind of its own
        return signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt)


@contextmanager
def _told_if_slow(path: Path) -> Iterator[None]:
    line = f"ferbench: plugin {path} is still being imported; Ctrl-C ends it"
    timer = Timer(SLOW, print, (line,), {"file": sys.stderr})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def place_in(error: BaseException, files: Iterable[Path]) -> str:
    """Return `` (FILE, line N)``, the last place in ``files`` that ``error`` went through.

    It is blank where it went through none.
    """
    names = {str(file): file.name for file in files}
    lines = [
        f" ({names[frame.filename]}, line {frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename in names
    ]
    return lines[-1] if lines else ""


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
        with _importing(origin, _Broken):
            loaded = entry.load()
    except _Broken as broken:
        yield LeftOut(origin, str(broken).removeprefix(f"{origin}: "))
        return
    values = vars(loaded).values() if isinstance(loaded, ModuleType) else (loaded,)
    found = [Installed(value, origin) for value in values if isinstance(value, kinds)]
    if not found:
        yield LeftOut(origin, f"it holds no {' or '.join(kind.__name__ for kind in kinds)}")
    yield from found


def _origin(entry: EntryPoint) -> str:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
    return f"{package}: {entry.name} = {entry.value} ({entry.group})"
