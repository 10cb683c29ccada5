"""What a process is to whoever started it, and the way to start one afresh."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Protocol

from benchmarks.engines.registry import engines

SERVE = "import sys; from benchmarks.processes.wire import serve; serve(int(sys.argv[1]))"
MARK = "FERBENCH_WORKER"
"""The environment variable by which all that a worker starts is known, wherever it has gone."""


class Process(Protocol):
    """A process that was started, in a session of its own."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return its status, or its signal as a negative number, when it has ended.

        Raises ``TimeoutError`` where that takes longer than ``timeout`` seconds.
        """
        ...

    def kill(self) -> None:
        """End it with all of its session, if it lives, and wait for its end."""
        ...

    def close(self) -> None:
        """Let go of it; it has ended."""
        ...


class Starter(Protocol):
    """A way to start processes that serve (`wire.serve`)."""

    def start(self, wire: socket.socket, log: IO[bytes], mark: str) -> Process:
        """Start one with its end of a ``wire``, which prints to ``log`` and bears ``mark``."""
        ...

    def close(self) -> None:
        """End whatever it starts them from; they have ended."""
        ...


@dataclass(frozen=True)
class Afresh:
    """Starts each as a Python of its own, on ``threads`` threads under ``environment``."""

    threads: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, wire: socket.socket, log: IO[bytes], mark: str) -> Process:
        """Start one that imports everything by itself."""
        return Started(SERVE, (), wire, log, self.variables(mark))

    def close(self) -> None:
        """Nothing is held."""

    def variables(self, mark: str) -> dict[str, str]:
        """Return the whole environment of one that bears ``mark``."""
        return {**os.environ, **worker_environment(self.threads), **self.environment, MARK: mark}


class Started:
    """A Python that runs ``code`` with the number of its end of a wire and ``arguments``."""

    def __init__(
        self,
        code: str,
        arguments: tuple[str, ...],
        wire: socket.socket,
        log: IO[bytes],
        environment: Mapping[str, str],
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, str(wire.fileno()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(wire.fileno(),),
            env=environment,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, when it has."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def kill(self) -> None:
        """End all of its session, if it lives."""
        if self.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Nothing is held of it."""


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment variables that fix a worker's threads, hashing, noise and backends."""
    backends: dict[str, str] = {}
    for spec in engines().values():
        backends |= spec.environment(spec.backend())
    return {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONHASHSEED": "0",
        **backends,
    }
