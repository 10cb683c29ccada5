"""The engines by name, so that a process imports the one that it uses and no other."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from benchmarks.engines.keras.spec import KERAS
from benchmarks.engines.scikit.spec import SCIKIT
from benchmarks.engines.spec import LEVERS, EngineSpec
from benchmarks.engines.torch.spec import TORCH
from datasets.plugins import ENGINES as GROUP
from datasets.plugins import by_name
from models.registry import Architecture, EngineName, ModelError, Recipe

if TYPE_CHECKING:
    from benchmarks.engines.contract import Engine

ENGINES = (KERAS, TORCH, SCIKIT)


@cache
def engines() -> Mapping[str, EngineSpec]:
    """Return every engine by name: those of `ENGINES`, then those of installed packages."""
    return by_name(ENGINES, GROUP, EngineSpec, "engines")


def engine_spec(name: EngineName) -> EngineSpec:
    """Return the engine ``name``; raises ``ModelError`` naming those there are."""
    if name not in engines():
        raise ModelError(f"unknown engine {name!r}; there are: {', '.join(engines())}")
    return engines()[name]


def chosen_backend() -> str:
    """Return the backend that the user has chosen for the engine that has several, else blank."""
    return next((spec.backend() for spec in engines().values() if spec.backend_setting), "")


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


def learns_shares(engine: str) -> bool:
    """Tell whether ``engine`` learns the share of each class; of an unknown one it is believed."""
    return engine not in engines() or engines()[engine].soft_targets


def refuse_levers(architecture: Architecture, recipe: Recipe) -> None:
    """Raise ``ModelError`` where ``recipe``, or tuning, uses what the engine has no code for."""
    spec, off = engine_spec(architecture.engine), Recipe()
    for name in sorted(set(LEVERS) - set(spec.levers)):
        if name in architecture.space or getattr(recipe, name) != getattr(off, name):
            raise ModelError(
                f"{architecture.name}: the engine {spec.name} cannot do {name}; leave it out"
            )
