"""The engines by name, so that a process imports the one that it uses and no other."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from benchmarks.engines.keras.spec import KERAS
from benchmarks.engines.scikit.spec import SCIKIT
from benchmarks.engines.spec import EngineSpec
from benchmarks.engines.torch.spec import TORCH
from models.registry import EngineName, ModelError

if TYPE_CHECKING:
    from benchmarks.engines.contract import Engine

ENGINES = (KERAS, TORCH, SCIKIT)
GROUP = "ferbench.engines"
"""The entry points by which an installed package brings an `EngineSpec`."""


@cache
def engines() -> Mapping[str, EngineSpec]:
    """Return every engine by name: those of `ENGINES`, then those of installed packages.

    Raises ``ModelError`` for an entry point that brings no `EngineSpec`, or a name taken twice.
    """
    found = {spec.name: spec for spec in ENGINES}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        spec = _brought(entry)
        if found.setdefault(spec.name, spec) is not spec:
            raise ModelError(f"two engines are named {spec.name!r}; uninstall one of them")
    return MappingProxyType(found)


def engine_spec(name: EngineName) -> EngineSpec:
    """Return the engine ``name``; raises ``ModelError`` naming those there are."""
    if name not in engines():
        raise ModelError(f"unknown engine {name!r}; there are: {', '.join(engines())}")
    return engines()[name]


def load_engine(name: EngineName) -> Engine:
    """Import and return the engine ``name``."""
    engine: Engine = load(engine_spec(name).factory)()
    return engine


def load(target: str) -> Any:
    """Import what ``module:name`` names."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def is_floor(engine: str) -> bool:
    """Tell whether models of ``engine`` are there to be guesses; of an unknown one they are not."""
    return engine in engines() and engines()[engine].is_floor


def _brought(entry: EntryPoint) -> EngineSpec:
    try:
        spec = entry.load()
    except Exception as error:
        raise ModelError(f"engine {entry.value}: {type(error).__name__}: {error}") from error
    if not isinstance(spec, EngineSpec):
        raise ModelError(f"engine {entry.value}: is no EngineSpec; correct the entry point")
    return spec
