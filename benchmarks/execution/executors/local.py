"""Runs jobs in processes on this machine, one engine in each."""

from __future__ import annotations

import queue
import tempfile
import threading
from dataclasses import dataclass, field

from benchmarks.errors import JobFailed, Lost, Unavailable
from benchmarks.execution.executors.contract import (
    Done,
    Event,
    ExecutorSettings,
    Failed,
)
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.kinds import Role, kind_of
from benchmarks.processes import Worker, WorkerEnded

TARGET = "benchmarks.execution.executors.worker:serve"


@dataclass(eq=False)
class _Slot:
    """A worker, what it may open (``role``) and the job that it has."""

    engine: str
    role: Role
    worker: Worker
    job: Job | None = None
    reader: threading.Thread | None = field(default=None, repr=False)


class ProcessExecutor:
    """Up to ``capacity`` worker processes, kept for further jobs of their engine and role.

    Only the role ``score`` may open what is forbidden, and it trains nothing. What libraries
    leave in the temporary folder of a worker that is killed goes with `close`.
    """

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self._temporary = tempfile.TemporaryDirectory(prefix="ferbench-")
        self._slots: list[_Slot] = []
        self._events: queue.Queue[tuple[_Slot, Event | Exception]] = queue.Queue()

    @property
    def capacity(self) -> int:
        """How many jobs run at once."""
        return self._settings.capacity

    def submit(self, job: Job) -> None:
        """Give ``job`` to an idle worker of its engine and role, or to a new one."""
        slot = self._idle(job) or self._start(job)
        slot.job = job
        slot.worker.send(job)

    def wait(self, timeout: float) -> Event | None:
        """Return the next event of any worker."""
        try:
            slot, event = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        job = slot.job
        if isinstance(event, Exception):  # the worker is gone, or could not begin
            self._stop(slot)
            kind = Lost if isinstance(event, WorkerEnded) else JobFailed
            return Failed(job, kind(str(event))) if job else None
        if isinstance(event, Done | Failed) and job:
            slot.job = None
            broke = isinstance(event, Failed) and not isinstance(event.error, Unavailable)
            if broke or kind_of(job).fresh:
                self._stop(slot)
        return event

    def close(self) -> None:
        """Kill every worker, and remove what they left in their temporary folder."""
        for slot in list(self._slots):
            self._stop(slot)
        self._temporary.cleanup()

    def _idle(self, job: Job) -> _Slot | None:
        kind = kind_of(job)
        idle = [slot for slot in self._slots if slot.job is None]
        fitting = [slot for slot in idle if (slot.engine, slot.role) == (job.engine, kind.role)]
        if fitting and not kind.fresh:
            return fitting[0]
        if len(self._slots) >= self.capacity:
            self._stop(idle[0])
        return None

    def _start(self, job: Job) -> _Slot:
        role = kind_of(job).role
        worker = Worker(
            TARGET,
            {"engine": job.engine},
            threads=self._settings.threads,
            forbidden=self._settings.forbidden if role == "train" else (),
            environment={"TMPDIR": self._temporary.name},
            log=self._settings.log,
        )
        slot = _Slot(job.engine, role, worker)
        slot.reader = threading.Thread(target=self._read, args=(slot,), daemon=True)
        slot.reader.start()
        self._slots.append(slot)
        return slot

    def _read(self, slot: _Slot) -> None:
        try:
            while True:
                self._events.put((slot, slot.worker.receive()))
        except Exception as end:  # gone, or what it said cannot be understood
            self._events.put((slot, end))

    def _stop(self, slot: _Slot) -> None:
        if slot not in self._slots:
            return
        self._slots.remove(slot)
        slot.job = None
        slot.worker.kill()
        assert slot.reader is not None
        slot.reader.join()
        slot.worker.close()
