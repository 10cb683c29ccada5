"""Ctrl-C and its kin: remembered when one comes, because not every library lets it through."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A Ctrl-C, what a batch system sends, what a terminal sends that is closed."""
CLEANING = 10.0
"""Seconds after one in which another does not disturb the cleaning up."""


class Interrupted(KeyboardInterrupt):
    """A Ctrl-C. CPython kills a process in which a plain ``KeyboardInterrupt`` left an `exec`."""


@dataclass
class _Last:
    """The number of the last interrupt, 0 for none, and when it came."""

    number: int = 0
    came: float = 0.0


_last = _Last()


@contextmanager
def remembering_interrupts() -> Iterator[None]:
    """Raise `Interrupted` at one of `SIGNALS` within the block, and remember that it came.

    A module in C that is being imported turns the exception into an ``ImportError``, and who
    imports it may take that for a missing library and go on. A process that was told to ignore
    one (``nohup``) goes on ignoring it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _last.number = 0
    with ExitStack() as stack:
        for number in SIGNALS:
            if (before := signal.getsignal(number)) is not signal.SIG_IGN:
                signal.signal(number, _interrupt)
                stack.callback(signal.signal, number, before)
        yield


def interruption() -> int:
    """Return the number of the signal that came, whatever has become of it; 0 if none did."""
    return _last.number


def end_if_interrupted() -> None:
    """Raise `Interrupted` if one came and got lost."""
    if _last.number:
        raise Interrupted


def _interrupt(number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    if _last.number and now - _last.came < CLEANING:
        return
    _last.number, _last.came = number, now
    raise Interrupted
