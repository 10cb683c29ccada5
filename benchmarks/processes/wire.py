"""A worker's side: its end of the wire, what it may not open, and the errors that it tells."""

from __future__ import annotations

import importlib
import os
import pickle
import queue
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from datasets.records import DataError
from models.registry import ModelError

LONGEST = 300
"""Characters that are kept of a line that somebody else wrote."""


@dataclass(frozen=True)
class Refusal:
    """In place of a message: why there is none."""

    reason: str


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
        self.send(Refusal(describe_error(error)))

    def receive(self) -> Any:
        """Wait for the next message and return it."""
        return pickle.loads(self._messages.get())

    def _read(self) -> None:
        try:
            while True:
                self._messages.put(self._connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)


def serve(handle: int) -> None:
    """Be a worker: seal this process before anything of the target is imported, then call it."""
    os.set_inheritable(handle, False)
    wire = Wire(Connection(handle))
    seal(wire.receive())
    module, _, function = wire.receive().partition(":")
    try:
        target = getattr(importlib.import_module(module), function)
        target(wire, **wire.receive())
    except KeyboardInterrupt:  # somebody's, not the work's: its end says so
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    except BaseException as error:  # also what a plug-in raises to end the program
        wire.refuse(error)
    wire.receive()  # until the other end closes, so that all was read that was sent


def answer(wire: Wire, target: str, arguments: Mapping[str, Any], temporary: Path) -> None:
    """Answer one call, with ``temporary`` for the folder of temporary files.

    What went wrong unforeseen can be seen with --debug.
    """
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
    module, _, function = target.partition(":")
    try:
        wire.send(getattr(importlib.import_module(module), function)(**arguments))
    except (InputError, ModelError, DataError) as error:
        wire.refuse(error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        wire.send(Refusal(f"{describe_error(error)}; --debug shows more"))


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


def describe_error(error: BaseException) -> str:
    """Put an error in one line; the traceback of one that nobody foresaw is printed."""
    if isinstance(error, InputError | ModelError | DataError):
        return str(error)
    traceback.print_exc()
    sys.stderr.flush()
    first = str(error).strip().partition("\n")[0][:LONGEST]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
