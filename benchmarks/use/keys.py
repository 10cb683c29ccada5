"""The key that ends a live display."""

from __future__ import annotations

import importlib.util
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def watching_for(key: str) -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether ``key`` was pressed; never, without a terminal."""
    if not sys.stdin.isatty() or importlib.util.find_spec("termios") is None:
        yield lambda: False
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def pressed() -> bool:
        while select.select([terminal], [], [], 0)[0]:
            if os.read(terminal, 1) in (key.encode(), b""):
                return True
        return False

    try:
        tty.setcbreak(terminal)
        yield pressed
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
