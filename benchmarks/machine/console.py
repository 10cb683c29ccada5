"""The terminal as ferbench writes to it: what names hold is spelled out there, never obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import rich.console
from rich.segment import Segment

from benchmarks.machine.terminal import printable


class Console(rich.console.Console):
    """Rich's console, which itself lets escape sequences in a text through to the terminal."""

    def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
        """Yield the segments of ``renderable``, with what steers a terminal spelled out."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else _harmless(text), style, control)


def _harmless(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
