"""What the two kinds of ``ferbench bench`` share: telling what is timed, and showing numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.machine.console import Console
    from benchmarks.machine.timing import Spread

WIDTH = 140
"""Columns where the output is no terminal."""


@contextmanager
def progress(console: Console, first: str) -> Iterator[Callable[[str], None]]:
    """Show what is done, ``first`` to begin with; yield what is told the name of what is timed."""
    with console.status(first) as status:

        def notify(title: str) -> None:
            status.update(f"timing {title}")
            if not console.is_terminal:
                console.print(f"timing {title}")

        yield notify


def output_console() -> Console:
    """Return the console of standard output."""
    from benchmarks.machine.console import Console

    width = None if sys.stdout.isatty() else WIDTH
    return Console(highlight=False, markup=False, width=width)


def number(spread: Spread) -> str:
    """Show a quantity with half the distance between its quartiles, in per cent of the median."""
    median = spread.median
    half = (spread.high - spread.low) / 2 / median
    shown = f"{median:,.0f}" if median >= 100 else f"{median:.3g}"
    return f"{shown} ± {half:.0%}"
