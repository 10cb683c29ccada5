"""Keys: what, beside the protocol, decides a number: library versions and the code that trains."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
from functools import cache
from pathlib import Path

from benchmarks.engines.registry import engine_spec
from benchmarks.metrics import metric_of
from benchmarks.protocol.canonical import digest
from models.registry import Architecture, EngineName


def code_digest(architecture: Architecture, selection: str = "accuracy") -> str:
    """Digest the source files that train ``architecture``: its own, the loop's and the engine's.

    The function of the metric ``selection``, which chooses the epoch, is among them; no other
    metric is, so that a new one needs no new training.

    Read once in a process, so that an edit during a run does not part the run's keys.
    """
    return _code_digest(architecture.file, architecture.engine, selection)


@cache
def _code_digest(file: Path, engine: EngineName, selection: str) -> str:
    found: dict[Path, str] = {}
    _collect(file, found)
    ours = ("benchmarks.training.loop", "benchmarks.execution.jobs.training")
    for module in (*ours, *engine_spec(engine).code):
        _collect(_module_file(module), found)
    chooses = inspect.getsource(metric_of(selection).function)
    return digest([*sorted((path.name, content) for path, content in found.items()), chooses])


@cache
def scouting_digest() -> str:
    """Digest the source files that probe features, beside those of `code_digest`."""
    found: dict[Path, str] = {}
    _collect(_module_file("benchmarks.execution.jobs.scouting"), found)
    return digest(sorted((path.name, content) for path, content in found.items()))


@cache
def _module_file(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _collect(path: Path | None, found: dict[Path, str]) -> None:
    if path is None or path in found or not path.is_file():
        return
    source = path.read_bytes()
    found[path] = hashlib.sha256(source).hexdigest()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module):
            _collect(_module_file(node.module), found)


def _is_ours(module: str) -> bool:
    trains = module.startswith(("models.", "benchmarks.training.", "benchmarks.engines."))
    return trains and not module.endswith((".engine", ".attention", ".export"))
