"""A process that imports libraries once and starts workers as copies of itself.

Importing TensorFlow or PyTorch takes seconds, and a run starts dozens of workers. The nursery
computes nothing and reads nothing of a run, so that each copy is as good as a process that has
imported everything by itself: it begins with the same modules and nothing else.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

from benchmarks.processes.starting import MARK, Afresh, Process, Started, Starter

TEND = "import sys; from benchmarks.processes.nursery import tend; tend(int(sys.argv[1]))"
UNMARKED = "0" * 32
"""What a nursery bears in the place of a mark, for its copies to write theirs over it."""
GRACE = 1.0
"""Seconds in which a nursery without copies ends."""
LONGEST = 64
"""Bytes of a message, at most."""
DEVICES = (Path("/dev/nvidiactl"), Path("/dev/kfd"))
"""Where there is a GPU, a library may hold it after being imported, and a copy could not."""


def nursery(modules: Sequence[str], afresh: Afresh, log: Path) -> Starter:
    """Return a `Nursery` on a system whose processes can be copied; ``afresh`` elsewhere."""
    return Nursery(modules, afresh, log) if starts_copies() else afresh


def starts_copies() -> bool:
    """Tell whether workers are started here as copies of a process that has imported libraries."""
    return sys.platform == "linux" and not any(device.exists() for device in DEVICES)


class Nursery:
    """Starts copies of a process that has imported ``modules`` under the variables of ``afresh``.

    A module that cannot be imported is left to the copies, which can say so. What is printed
    meanwhile goes to the end of ``log``. Where the nursery is gone it starts them ``afresh``.
    """

    def __init__(self, modules: Sequence[str], afresh: Afresh, log: Path) -> None:
        self._afresh = afresh
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        log.parent.mkdir(parents=True, exist_ok=True)
        with theirs, log.open("ab") as file:
            environment = afresh.variables(UNMARKED)
            self._process = Started(TEND, tuple(modules), theirs, file, environment)

    def start(self, wire: socket.socket, log: IO[bytes], mark: str) -> Process:
        """Start a copy; until it has begun its number is the nursery's."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, suppress(OSError):
            if self._process.alive:
                handles = [wire.fileno(), log.fileno(), theirs.fileno()]
                socket.send_fds(self._control, [mark.encode()], handles)
                return _Copy(ours, self._process.pid)
        ours.close()
        return self._afresh.start(wire, log, mark)

    def close(self) -> None:
        """End it; its copies have ended."""
        self._control.close()
        with suppress(TimeoutError):
            self._process.wait(GRACE)
        self._process.kill()


class _Copy:
    """A copy as its starter sees it, through a ``channel`` to its keeper."""

    def __init__(self, channel: socket.socket, nursery: int) -> None:
        self._channel, self._nursery = channel, nursery
        self._pid: int | None = None
        self._status = -signal.SIGKILL
        self._beginning = threading.Lock()
        self._ended = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._pid or self._nursery

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise TimeoutError
        return int(self._status)

    def kill(self) -> None:
        with self._beginning:
            self._end()
        self._ended.wait()

    def close(self) -> None:
        self._channel.close()

    def _end(self) -> None:
        """End the session of one that has begun; another one is never told to begin."""
        if self._ended.is_set():
            return
        with suppress(OSError):
            if self._pid is None:
                self._channel.shutdown(socket.SHUT_RDWR)
            else:
                os.killpg(self._pid, signal.SIGKILL)

    def _listen(self) -> None:
        with suppress(OSError):
            while message := self._channel.recv(LONGEST).decode():
                word, number = message.split()
                if word == "ended":
                    self._status = int(number)
                    break
                with self._beginning:
                    self._pid = int(number)
                    self._channel.send(b"begin")
            else:
                self._end()  # its keeper is gone
        self._ended.set()


def tend(handle: int) -> None:
    """Be a nursery: import the modules that the command line names, and copy when asked."""
    control = socket.socket(fileno=handle)
    for module in sys.argv[2:]:
        with suppress(BaseException):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda *_: _reap(os.WNOHANG))
    while True:
        mark, handles, _, _ = socket.recv_fds(control, LONGEST, 3)
        if not handles:
            break
        if os.fork() == 0:
            control.close()
            _keep(mark.decode(), *handles)
        for each in handles:
            os.close(each)
    _reap(0)


def _reap(options: int) -> None:
    """Take note of keepers that have ended, so that their processor time counts."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _keep(mark: str, wire: int, log: int, channel: int) -> NoReturn:
    """Start a worker, tell how it ends, and let its number go when its starter knows."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        _begin(mark, wire, log, channel)
    os.close(wire)
    os.close(log)
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    exited = ended.si_code == os.CLD_EXITED
    with suppress(OSError), socket.socket(fileno=channel) as told:
        told.send(f"ended {ended.si_status if exited else -ended.si_status}".encode())
        told.recv(LONGEST)
    os.waitpid(child, 0)
    os._exit(0)


def _begin(mark: str, wire: int, log: int, channel: int) -> NoReturn:
    """Be a worker, once the starter knows the number by which to end it."""
    try:
        os.setsid()
        _bear(mark)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
        with socket.socket(fileno=channel) as told:
            told.send(f"begun {os.getpid()}".encode())
            if not told.recv(LONGEST):
                os._exit(0)
        from benchmarks.processes.wire import serve

        serve(wire)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


def _bear(mark: str) -> None:
    """Bear ``mark`` as if this process had been started with it.

    What the system shows of a process's environment is the memory that it was started with, not
    what `os.environ` holds later; a child of this process that starts no program shows the same.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    ctypes.memmove(libc.getenv(MARK.encode()), mark.encode(), len(UNMARKED))
    os.environ[MARK] = mark
