"""Calls one function inside a process of its own, so that two engines never meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import processes

ROOT = Path(__file__).resolve().parent.parent


def call(target: str, /, *, environment: dict[str, str] | None = None, **arguments: Any) -> Any:
    """Call ``module:function`` with ``arguments`` in a fresh process; return its answer."""
    return processes.call(target, arguments, environment=environment or {})
