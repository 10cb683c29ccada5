"""Runs jobs in processes on this machine, one engine in each."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field

from benchmarks.engines.registry import engine_spec
from benchmarks.errors import JobFailed, Lost, Unavailable
from benchmarks.execution.executors.contract import (
    Done,
    Event,
    ExecutorSettings,
    Failed,
)
from benchmarks.execution.executors.watchdog import (
    Patience,
    Step,
    Watchdog,
    processor_seconds,
)
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.kinds import Role, kind_of
from benchmarks.machine.temporary import TemporaryFolder
from benchmarks.processes.nursery import nursery
from benchmarks.processes.starting import Afresh, Starter
from benchmarks.processes.worker import Worker, WorkerEnded
from models.registry import EngineName

WORKER = "benchmarks.execution.executors.worker"
JOBS = "benchmarks.execution.jobs"
COMMON = (WORKER, f"{JOBS}.measuring", f"{JOBS}.scoring", f"{JOBS}.training")
"""The modules that a worker of any engine needs."""


@dataclass(eq=False)
class _Slot:
    """A worker, what it may open (``role``), the job that it has and who watches that."""

    engine: str
    role: Role
    worker: Worker
    job: Job | None = None
    watchdog: Watchdog | None = None
    reader: threading.Thread | None = field(default=None, repr=False)


class ProcessExecutor:
    """Up to ``capacity`` worker processes, kept for further jobs of their engine and role.

    Only the role ``score`` may open what is forbidden, and it trains nothing. What libraries
    leave in the temporary folder of a worker that is killed goes with `close`. A worker that hangs
    is ended: its job is ``Lost`` if it was stopped or dead-locked, and failed if it computes.
    """

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self._temporary = TemporaryFolder()
        self._starters: dict[EngineName, Starter] = {}
        self._slots: list[_Slot] = []
        self._events: queue.Queue[tuple[_Slot, Event | Step | Exception]] = queue.Queue()
        self._looked = time.monotonic()
        self._shared = 0

    @property
    def capacity(self) -> int:
        """How many jobs run at once."""
        return self._settings.capacity

    def submit(self, job: Job) -> None:
        """Give ``job`` to an idle worker of its engine and role, or to a new one."""
        slot = self._idle(job) or self._start(job)
        slot.job = job
        slot.watchdog = self._watched(slot, job)
        slot.worker.send(job)

    def wait(self, timeout: float) -> Event | None:
        """Return the next event of any worker, of one that hangs its end."""
        deadline = time.monotonic() + timeout
        while True:
            if self._events.empty() and (hangs := self._hanging()) is not None:
                return hangs
            try:
                slot, event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if not isinstance(event, Step):
                return self._taken(slot, event)
            self._step(slot, event)

    def _step(self, slot: _Slot, step: Step) -> None:
        if slot.watchdog is not None:
            slot.watchdog.told(step)
        if step.shared:
            self._shared = max(self._shared, step.images)

    def _taken(self, slot: _Slot, event: Event | Exception) -> Event | None:
        if slot not in self._slots:  # it was ended, and its job has its end
            return None
        job = slot.job
        if isinstance(event, Exception):  # the worker is gone, or could not begin
            self._stop(slot)
            kind = Lost if isinstance(event, WorkerEnded) else JobFailed
            return Failed(job, kind(str(event))) if job else None
        if isinstance(event, Done | Failed) and job:
            slot.job = slot.watchdog = None
            broke = isinstance(event, Failed) and not isinstance(event.error, Unavailable)
            if broke or kind_of(job).fresh:
                self._stop(slot)
        return event

    def close(self) -> None:
        """Kill every worker, and remove what they left in their temporary folder."""
        for slot in list(self._slots):
            self._stop(slot)
        for starter in self._starters.values():
            starter.close()
        self._starters.clear()
        self._temporary.close()

    def _watched(self, slot: _Slot, job: Job) -> Watchdog:
        silent = self._settings.patience * kind_of(job).patience
        patience = Patience(idle=self._settings.idle, silent=silent)
        return Watchdog(lambda: processor_seconds(slot.worker.pid), patience)

    def _hanging(self) -> Failed | None:
        """End the first worker that hangs, and say what became of its job."""
        now = time.monotonic()
        passed, self._looked = now - self._looked, now
        for slot in self._slots:
            reason = slot.watchdog and slot.watchdog.look(passed, self._shared)
            if reason and slot.job:
                job = slot.job
                self._stop(slot)
                return Failed(job, reason)
        return None

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
            f"{WORKER}:serve",
            {"engine": job.engine},
            starter=self._starter(job.engine),
            forbidden=self._settings.forbidden if role == "train" else (),
            log=self._settings.log,
        )
        slot = _Slot(job.engine, role, worker)
        slot.reader = threading.Thread(target=self._read, args=(slot,), daemon=True)
        slot.reader.start()
        self._slots.append(slot)
        return slot

    def _starter(self, engine: EngineName) -> Starter:
        """Return what starts the workers of ``engine``."""
        if engine not in self._starters:
            environment = {"TMPDIR": str(self._temporary.path)}
            afresh = Afresh(self._settings.threads, environment)
            modules = (*COMMON, *engine_spec(engine).preloaded())
            self._starters[engine] = nursery(modules, afresh, self._settings.log)
        return self._starters[engine]

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
        slot.job = slot.watchdog = None
        slot.worker.kill()
        assert slot.reader is not None
        slot.reader.join()
        slot.worker.close()
