"""Runs cells in processes on this machine, one engine in each."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.execution.executors.contract import Event
from benchmarks.execution.jobs.job import Job
from benchmarks.processes import worker_environment

FRESH = ("pretrain", "fit", "bench")
"""Kinds that get a process of their own, so that their time and memory are their own."""

WORKER = "benchmarks.execution.executors.worker"


@dataclass
class Worker:
    """A worker process, what it may open (``role``) and the cell that it has."""

    engine: str
    role: str
    process: subprocess.Popen[str]
    cell: Job | None = None
    reader: threading.Thread | None = field(default=None, repr=False)


class ProcessExecutor:
    """Up to ``capacity`` worker processes, kept for further cells of their engine and role.

    ``forbidden`` are the folders that a process that trains must not open: the sealed packs
    and the data set's own cache. Only the role ``score`` may, which trains nothing. ``log``
    takes what libraries say. What they leave in the temporary folder of a worker that is killed
    goes with `close`.
    """

    def __init__(
        self, capacity: int, *, threads: int, forbidden: Sequence[Path], log: Path
    ) -> None:
        self._capacity = capacity
        self._threads = threads
        self._forbidden = [str(path) for path in forbidden]
        self._log = log
        self._temporary = tempfile.TemporaryDirectory(prefix="ferbench-")
        self._workers: list[Worker] = []
        self._events: queue.Queue[tuple[Worker, dict[str, Any]]] = queue.Queue()

    @property
    def capacity(self) -> int:
        """How many cells run at once."""
        return self._capacity

    def submit(self, cell: Job) -> None:
        """Give ``cell`` to an idle worker of its engine and role, or to a new one."""
        role = "score" if cell.sealed or cell.kind == "measure" else "train"
        worker = self._idle(cell, role) or self._start(cell.engine, role)
        worker.cell = cell
        assert worker.process.stdin is not None
        try:
            worker.process.stdin.write(json.dumps(cell.to_json()) + "\n")
            worker.process.stdin.flush()
        except BrokenPipeError:
            pass  # the reader reports the worker's end

    def wait(self, timeout: float) -> Event | None:
        """Return the next event of any worker."""
        try:
            worker, message = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        cell, kind = worker.cell, message.pop("event")
        if cell is None:
            self._stop(worker)
            return None
        if kind in ("done", "failed", "unavailable"):
            worker.cell = None
            if kind == "failed" or cell.kind in FRESH:
                self._stop(worker)
        return Event(kind, cell, message)

    def close(self) -> None:
        """Kill every worker, and remove what they left in their temporary folder."""
        for worker in list(self._workers):
            self._stop(worker)
        self._temporary.cleanup()

    def _idle(self, cell: Job, role: str) -> Worker | None:
        idle = [worker for worker in self._workers if worker.cell is None]
        fitting = [w for w in idle if (w.engine, w.role) == (cell.engine, role)]
        if fitting and cell.kind not in FRESH:
            return fitting[0]
        if len(self._workers) >= self._capacity:
            self._stop(idle[0])
        return None

    def _start(self, engine: str, role: str) -> Worker:
        forbidden = self._forbidden if role == "train" else []
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.execution.executors.worker",
                engine,
                str(self._log),
                *forbidden,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={
                **os.environ,
                **worker_environment(self._threads),
                "TMPDIR": self._temporary.name,
            },
            start_new_session=True,
        )
        worker = Worker(engine, role, process)
        worker.reader = threading.Thread(target=self._read, args=(worker,), daemon=True)
        worker.reader.start()
        self._workers.append(worker)
        return worker

    def _read(self, worker: Worker) -> None:
        assert worker.process.stdout is not None and worker.process.stderr is not None
        for line in worker.process.stdout:
            self._events.put((worker, json.loads(line)))
        said = worker.process.stderr.read().strip().splitlines()
        code = worker.process.wait()
        reason = f"its process was ended by signal {-code}" if code < 0 else f"exit status {code}"
        if code == -9:
            reason += " (out of memory, or killed by hand)"
        self._events.put((worker, {"event": "failed", "reason": said[-1] if said else reason}))

    def _stop(self, worker: Worker) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
        worker.process.kill()
        worker.process.wait()
