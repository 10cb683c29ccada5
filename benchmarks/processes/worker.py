"""A process that exchanges messages with whoever started it, and a call on top of it."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any
from uuid import uuid4

import psutil

from benchmarks.errors import InputError
from benchmarks.machine.temporary import temporary_folder
from benchmarks.processes.starting import MARK, Afresh, Starter
from benchmarks.processes.wire import LONGEST, Refusal

KEPT = 1 << 20
"""Bytes that are read of what a process printed last."""
GRACE = 5.0
"""Seconds in which a process ends after its wire."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
HINTS: Mapping[int, str] = MappingProxyType(
    {
        signal.SIGKILL: " (out of memory, or killed by hand)",
        signal.SIGILL: " (the processor lacks an instruction)",
    }
)


class WorkerEnded(RuntimeError):
    """A worker is gone; the message says how it ended, ``by_signal`` whether it was killed."""

    def __init__(self, message: str, *, by_signal: bool = False) -> None:
        super().__init__(message)
        self.by_signal = by_signal


class Refused(RuntimeError):
    """A worker could not do what it was asked; the message is its reason."""


class Worker:
    """A process that calls ``target``, ``module:function``, with its end of a wire and arguments.

    The function is called with a `wire.Wire` and with ``arguments`` by name; these and all
    messages are pickled. ``starter`` decides its threads and environment; the process cannot
    open the ``forbidden`` places. What it and its libraries print goes to the end of the file
    ``log``, or to one of its own that `said` reads. It ends with whoever started it. A process of
    its own is not reached by the terminal's Ctrl-C; `close` ends it.
    """

    def __init__(
        self,
        target: str,
        arguments: Mapping[str, Any] = NOTHING,
        *,
        starter: Starter = Afresh(),  # noqa: B008 frozen
        forbidden: Sequence[Path] = (),
        log: Path | None = None,
    ) -> None:
        self._log = _opened(log)
        self._own_log = log is None
        self._mark = uuid4().hex
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = starter.start(theirs, self._log, self._mark)
        self._connection = Connection(os.dup(self._socket.fileno()))
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        try:
            for message in ([str(place) for place in forbidden], target, dict(arguments)):
                self.send(message)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def send(self, message: object) -> None:
        """Send ``message``; of a worker that is gone `receive` says so."""
        with suppress(OSError):
            self._connection.send(message)

    def receive(self, timeout: float | None = None) -> Any:
        """Return the next message, waiting ``timeout`` seconds for it, or as long as it takes.

        Raises `Refused` with the worker's own reason, `WorkerEnded` where it is gone, and
        ``TimeoutError``.
        """
        try:
            if timeout is not None and not self._connection.poll(timeout):
                raise TimeoutError
            message = self._connection.recv()
        except TimeoutError:
            raise
        except (EOFError, OSError):
            raise self._end() from None
        if isinstance(message, Refusal):
            raise Refused(message.reason)
        return message

    def said(self) -> str:
        """Return what it has printed, where it has a log of its own."""
        if not self._own_log:
            return ""
        handle = self._log.fileno()
        start = max(0, os.fstat(handle).st_size - KEPT)
        return os.pread(handle, KEPT, start).decode(errors="replace")

    def kill(self) -> None:
        """End the process, with all that it started; `receive` says so."""
        self._process.kill()
        for left in _marked(self._mark):
            with suppress(psutil.Error):
                left.kill()

    def close(self) -> None:
        """End the process and let go of its wire, from which nobody may be reading."""
        self.kill()
        self._watcher.join()
        self._process.close()
        self._connection.close()
        self._socket.close()
        self._log.close()

    def _watch(self) -> None:
        """End the wire with the process: one that it has started may hold the other end open."""
        self._process.wait()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _end(self) -> WorkerEnded:
        try:
            code = self._process.wait(GRACE)
        except TimeoutError:  # a library has shut the wire, or written into it
            self._process.kill()
            return WorkerEnded("its process could no longer be understood and was ended")
        return WorkerEnded(describe_end(code, self.said()), by_signal=code < 0)


def call(
    target: str,
    arguments: Mapping[str, Any],
    *,
    starter: Starter = Afresh(),  # noqa: B008 frozen
    forbidden: Sequence[Path] = (),
    patience: float | None = None,
) -> Any:
    """Call ``module:function`` with ``arguments`` by name in a process of its own.

    Return its answer. ``starter`` and ``forbidden`` are those of a `Worker`. The process has a
    temporary folder of its own, which goes with it or at the next start. What fails there raises
    ``InputError`` with the reason in one line; its cause holds all that the process said. One
    that takes longer than ``patience`` seconds raises ``TimeoutError``.
    """
    with temporary_folder() as folder:
        worker = Worker(
            "benchmarks.processes.wire:answer",
            {"target": target, "arguments": arguments, "temporary": folder},
            starter=starter,
            forbidden=forbidden,
        )
        try:
            return worker.receive(patience)
        except Refused as refusal:
            raise InputError(str(refusal)) from RuntimeError(worker.said())
        except WorkerEnded as end:
            remedy = "give the command again; " if end.by_signal else ""
            told = f"{end}; {remedy}--debug shows what it said"
            raise InputError(told) from RuntimeError(worker.said())
        finally:
            worker.close()


def describe_end(code: int, said: str = "") -> str:
    """Say how a process ended: by a signal, or with a status and the last line that it ``said``."""
    if code < 0:
        return f"its process was ended by signal {-code}{HINTS.get(-code, '')}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = f": {lines[-1][:LONGEST]}" if lines else ""
    return f"its process ended with status {code}{last}"


def _marked(mark: str) -> Iterator[psutil.Process]:
    """Yield the processes that a worker with ``mark`` has started and left."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                yield process


def _opened(log: Path | None) -> IO[bytes]:
    if log is None:
        return tempfile.TemporaryFile()
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")
