"""An executor of an installed package: whatever it does wrong ends the run in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.execution.executors.contract import Done, Event, Executor, Failed
from benchmarks.execution.jobs.job import Job
from datasets.plugins import guarding

REMEDY = "what is finished is kept: mend it, or go on with --executor local"


class GuardedExecutor:
    """Does as the executor ``name`` does; raises ``InputError`` where that breaks its contract."""

    def __init__(self, name: str, inner: Executor) -> None:
        self._name = name
        self._inner = inner
        self._given: set[Path] = set()
        self._told: InputError | None = None

    @property
    def capacity(self) -> int:
        """How many jobs it takes at once."""
        with self._held_to("capacity"):
            capacity = self._inner.capacity
        if not isinstance(capacity, int) or capacity < 1:
            raise self._broken("capacity", f"{capacity!r} is no number of jobs")
        return capacity

    def submit(self, job: Job) -> None:
        """Start ``job``."""
        with self._held_to("submit"):
            self._inner.submit(job)
        self._given.add(job.output)

    def wait(self, timeout: float) -> Event | None:
        """Return the next event of a job that it was given, or ``None``."""
        with self._held_to("wait"):
            event = self._inner.wait(timeout)
        if event is None:
            return None
        if not isinstance(event, Event) or event.job.output not in self._given:
            raise self._broken("wait", f"{type(event).__name__} of no job that it was given")
        if isinstance(event, Done | Failed):
            self._given.remove(event.job.output)
        return event

    def close(self) -> None:
        """End every worker."""
        with self._held_to("close"):
            self._inner.close()

    @contextmanager
    def _held_to(self, part: str) -> Iterator[None]:
        try:
            with guarding("", InputError):
                yield
        except InputError as error:
            raise self._broken(part, str(error).removeprefix(": ")) from error

    def _broken(self, part: str, what: str) -> InputError:
        """Return what is to be told: the first that went wrong, though closing fails too."""
        told = f"the executor {self._name!r}, {part}: {what}; {REMEDY}"
        self._told = self._told or InputError(told)
        return self._told
