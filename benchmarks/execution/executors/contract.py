"""The contract between the coordinator and whatever runs its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from benchmarks.execution.jobs.job import Job


@dataclass(frozen=True)
class Event:
    """Something that happened to a cell.

    ``started`` and ``epoch`` tell of progress (``content`` is an epoch's record); ``done``
    carries the result; ``failed`` and ``unavailable`` carry ``{"reason": …}``.
    """

    kind: Literal["started", "epoch", "done", "failed", "unavailable"]
    cell: Job
    content: Mapping[str, Any]


class Executor(Protocol):
    """Runs cells. An executor decides where and when, never what comes out."""

    @property
    def capacity(self) -> int:
        """How many cells it takes at once."""
        ...

    def submit(self, cell: Job) -> None:
        """Start ``cell``. The caller keeps to the capacity."""
        ...

    def wait(self, timeout: float) -> Event | None:
        """Return the next event, or ``None`` when ``timeout`` seconds passed without one."""
        ...

    def close(self) -> None:
        """End every worker, whatever it does."""
        ...
