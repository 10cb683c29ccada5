"""Ctrl-C: remembered when it comes, because not every library lets it through."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_came = threading.Event()


class Interrupted(KeyboardInterrupt):
    """A Ctrl-C. CPython kills a process in which a plain ``KeyboardInterrupt`` left an `exec`."""


@contextmanager
def remembering_interrupts() -> Iterator[None]:
    """Raise `Interrupted` at a Ctrl-C within the block, and remember that it came.

    A module in C that is being imported turns the exception into an ``ImportError``, and who
    imports it may take that for a missing library and go on. A process that was told to ignore
    Ctrl-C goes on ignoring it.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    _came.clear()
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def was_interrupted() -> bool:
    """Tell whether a Ctrl-C came, whatever has become of it."""
    return _came.is_set()


def end_if_interrupted() -> None:
    """Raise `Interrupted` if one came and got lost."""
    if _came.is_set():
        raise Interrupted


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _came.set()
    raise Interrupted
