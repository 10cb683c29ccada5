"""The contract between the coordinator and whatever runs its jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.results import JobResult
from benchmarks.training.checkpoint import EpochRecord


@dataclass(frozen=True)
class Started:
    """A worker has begun the job."""

    job: Job


@dataclass(frozen=True)
class EpochEnded:
    """An epoch of the job is over."""

    job: Job
    record: EpochRecord


@dataclass(frozen=True)
class Done:
    """The job came to its result, which is on disk."""

    job: Job
    result: JobResult


@dataclass(frozen=True)
class Failed:
    """The job came to nothing; ``error`` says why.

    ``Unavailable`` says that something is wanting, ``Lost`` that the environment took the job
    from its worker (a kill, a stop, no memory, no room on the disk), so that it may be tried
    again.
    """

    job: Job
    error: JobFailed


Event = Started | EpochEnded | Done | Failed
"""Something that happened to a job. The last of a job is its `Done` or `Failed`."""


class Executor(Protocol):
    """Runs jobs. An executor decides where and when, never what comes out."""

    @property
    def capacity(self) -> int:
        """How many jobs it takes at once."""
        ...

    def submit(self, job: Job) -> None:
        """Start ``job``. The caller keeps to the capacity."""
        ...

    def wait(self, timeout: float) -> Event | None:
        """Return the next event, or ``None`` when ``timeout`` seconds passed without one."""
        ...

    def close(self) -> None:
        """End every worker, whatever it does."""
        ...


@dataclass(frozen=True, kw_only=True)
class ExecutorSettings:
    """What every executor is made with.

    ``capacity`` jobs run at once on ``threads`` threads each. A process that trains must not
    open the ``forbidden`` files and folders. ``log`` takes what libraries say. A worker with a
    job is ended that uses no processor time for ``idle`` seconds, or takes no step for
    ``patience`` times as long as its kind of job may.
    """

    capacity: int
    threads: int
    forbidden: Sequence[Path]
    log: Path
    idle: float = 600.0
    patience: float = 1.0


@dataclass(frozen=True)
class ExecutorSpec:
    """An executor by its name."""

    name: str
    factory: Callable[[ExecutorSettings], Executor]
