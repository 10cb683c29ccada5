"""The one way to start a process: a worker that exchanges messages, and a call on top of it."""

from __future__ import annotations

import importlib
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any
from uuid import uuid4

import psutil

from benchmarks.engines.registry import engines
from benchmarks.errors import InputError
from benchmarks.machine.temporary import temporary_folder
from datasets.records import DataError
from models.registry import ModelError

START = "from benchmarks.processes import _serve; _serve()"
LONGEST = 300
"""Characters that are kept of a line that somebody else wrote."""
KEPT = 1 << 20
"""Bytes that are read of what a process printed last."""
GRACE = 5.0
"""Seconds in which a process ends after its wire."""
MARK = "FERBENCH_WORKER"
"""The environment variable by which all that a worker starts is known, wherever it has gone."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
HINTS: Mapping[int, str] = MappingProxyType(
    {
        signal.SIGKILL: " (out of memory, or killed by hand)",
        signal.SIGILL: " (the processor lacks an instruction)",
    }
)


class WorkerEnded(RuntimeError):
    """A worker is gone; the message says how it ended."""


class Refused(RuntimeError):
    """A worker could not do what it was asked; the message is its reason."""


@dataclass(frozen=True)
class _Refusal:
    """In place of a message: why there is none."""

    reason: str


class Worker:
    """A process that calls ``target``, ``module:function``, with its end of a wire and arguments.

    The function is called with a `Wire` and with ``arguments`` by name; these and all messages
    are pickled. The process computes on ``threads`` threads under ``environment``, and cannot
    open the ``forbidden`` places. What it and its libraries print goes to the end of the file
    ``log``, or to one of its own that `said` reads. It ends with whoever started it. A process of
    its own is not reached by the terminal's Ctrl-C; `close` ends it.
    """

    def __init__(
        self,
        target: str,
        arguments: Mapping[str, Any] = NOTHING,
        *,
        threads: int = 1,
        forbidden: Sequence[Path] = (),
        environment: Mapping[str, str] = NOTHING,
        log: Path | None = None,
    ) -> None:
        self._log = _opened(log)
        self._own_log = log is None
        self._mark = uuid4().hex
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", START, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, **worker_environment(threads), **environment, MARK: self._mark},
                start_new_session=True,
            )
        self._connection = Connection(os.dup(self._socket.fileno()))
        threading.Thread(target=self._watch, daemon=True).start()
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
            raise WorkerEnded(self._end()) from None
        if isinstance(message, _Refusal):
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
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for left in _marked(self._mark):
            with suppress(psutil.Error):
                left.kill()

    def close(self) -> None:
        """End the process and let go of its wire, from which nobody may be reading."""
        self.kill()
        self._connection.close()
        self._socket.close()
        self._log.close()

    def _watch(self) -> None:
        """End the wire with the process: one that it has started may hold the other end open."""
        self._process.wait()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _end(self) -> str:
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:  # a library has shut the wire, or written into it
            self._process.kill()
            return "its process could no longer be understood and was ended"
        return describe_end(code, self.said())


def call(
    target: str,
    arguments: Mapping[str, Any],
    *,
    threads: int = 1,
    forbidden: Sequence[Path] = (),
    environment: Mapping[str, str] = NOTHING,
    patience: float | None = None,
) -> Any:
    """Call ``module:function`` with ``arguments`` by name in a fresh process; return its answer.

    The process computes on ``threads`` threads and cannot open the ``forbidden`` places; it has a
    temporary folder of its own, which goes with it or at the next start. What fails there raises
    ``InputError`` with the reason in one line; its cause holds all that the process said. One that
    takes longer than ``patience`` seconds raises ``TimeoutError``.
    """
    with temporary_folder() as folder:
        worker = Worker(
            "benchmarks.processes:_answer",
            {"target": target, "arguments": arguments},
            threads=threads,
            forbidden=forbidden,
            environment={"TMPDIR": str(folder), **environment},
        )
        try:
            return worker.receive(patience)
        except Refused as refusal:
            raise InputError(str(refusal)) from RuntimeError(worker.said())
        except WorkerEnded as end:
            raise InputError(f"{end}; --debug shows what it said") from RuntimeError(worker.said())
        finally:
            worker.close()


def describe_end(code: int, said: str = "") -> str:
    """Say how a process ended: by a signal, or with a status and the last line that it ``said``."""
    if code < 0:
        return f"its process was ended by signal {-code}{HINTS.get(-code, '')}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = f": {lines[-1][:LONGEST]}" if lines else ""
    return f"its process ended with status {code}{last}"


def describe_error(error: BaseException) -> str:
    """Put an error in one line; the traceback of one that nobody foresaw is printed."""
    if isinstance(error, InputError | ModelError | DataError):
        return str(error)
    traceback.print_exc()
    sys.stderr.flush()
    first = str(error).strip().partition("\n")[0][:LONGEST]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


class Wire:
    """A worker's end: messages come in order, and the process ends with its starter's end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._messages: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: object) -> None:
        """Send ``message``."""
        self._connection.send(message)

    def refuse(self, error: BaseException) -> None:
        """Send, in place of a message, why there is none."""
        self.send(_Refusal(describe_error(error)))

    def receive(self) -> Any:
        """Wait for the next message and return it."""
        return pickle.loads(self._messages.get())

    def _read(self) -> None:
        try:
            while True:
                self._messages.put(self._connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)


def _serve() -> None:
    """Be a worker: seal this process before anything of the target is imported, then call it."""
    handle = int(sys.argv[1])
    os.set_inheritable(handle, False)
    wire = Wire(Connection(handle))
    seal(wire.receive())
    module, _, function = wire.receive().partition(":")
    try:
        target = getattr(importlib.import_module(module), function)
        target(wire, **wire.receive())
    except BaseException as error:  # also what a plug-in raises to end the program
        wire.refuse(error)
    wire.receive()  # until the other end closes, so that all was read that was sent


def _answer(wire: Wire, target: str, arguments: Mapping[str, Any]) -> None:
    """Answer one call; what went wrong unforeseen can be seen with --debug."""
    module, _, function = target.partition(":")
    try:
        wire.send(getattr(importlib.import_module(module), function)(**arguments))
    except (InputError, ModelError, DataError) as error:
        wire.refuse(error)
    except BaseException as error:
        wire.send(_Refusal(f"{describe_error(error)}; --debug shows more"))


def seal(forbidden: Sequence[str]) -> None:
    """Make this process unable to open the ``forbidden`` files and folders, for ever."""
    places = [Path(place).resolve() for place in forbidden]

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = Path(os.path.realpath(os.fsdecode(arguments[0])))
            if any(path.is_relative_to(place) for place in places):
                raise PermissionError(f"sealed: a process that trains must not open {path}")

    if places:
        sys.addaudithook(refuse)


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
