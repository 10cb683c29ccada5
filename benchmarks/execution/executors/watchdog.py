"""Tells a worker that hangs from one that is slow: by its steps, and by its processor time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.errors import JobFailed, Lost
from benchmarks.machine.timing import rough_duration

LONGEST_LOOK = 5.0
"""The most seconds that count between two looks; the machine may have slept for longer."""
LOOKS = 20
"""How often the processor time is asked for within the time that a worker may use none."""
SHARE = 1 / 2000
"""The share of the time in which a worker computes that only waits for another one's lock."""


@dataclass(frozen=True)
class Step:
    """A worker begins a step on so many ``images``; others wait for its answer if ``shared``."""

    images: int = 0
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How many seconds a worker with a job may do without.

    ``idle`` without processor time, as one that is stopped or dead-locked; ``silent`` without a
    step, whatever it computes, and ``image`` more for each image of the step that it is at.
    """

    idle: float
    silent: float
    image: float = 10.0


class Watchdog:
    """Watches one job; ``used`` returns the processor time that its worker has used, in seconds.

    Only the time counts in which somebody looks: a machine or a coordinator that was suspended
    makes nobody late.
    """

    def __init__(self, used: Callable[[], float], patience: Patience) -> None:
        self._ask, self._patience = used, patience
        self._used = used()
        self._unasked = 0.0
        self._begin(Step())

    def _begin(self, step: Step) -> None:
        self._step, self._silent, self._idle = step, 0.0, 0.0

    def told(self, step: Step) -> None:
        """The worker begins ``step``."""
        self._begin(step)

    def look(self, seconds: float, shared: int = 0) -> JobFailed | None:
        """Return why the job is given up, ``seconds`` after the last look; else ``None``.

        ``shared`` is the number of images in the longest step that the worker may wait for.
        """
        seconds = min(seconds, LONGEST_LOOK)
        self._silent += seconds
        self._unasked += seconds
        if self._unasked >= self._patience.idle / LOOKS:
            self._ask_processor()
        if self._idle >= self._patience.idle:
            idle = _told(self._idle)
            return Lost(f"its process used no processor time for {idle}: stopped, or dead-locked")
        allowed = self._patience.silent + self._patience.image * max(self._step.images, shared)
        if self._silent >= allowed:
            silent = _told(self._silent)
            return JobFailed(f"it computed for {silent} without an end to its step; it was ended")
        return None

    def _ask_processor(self) -> None:
        used = self._ask()
        if abs(used - self._used) >= SHARE * self._patience.idle:
            self._used, self._idle = used, 0.0
        else:
            self._idle += self._unasked
        self._unasked = 0.0


def _told(seconds: float) -> str:
    return rough_duration(seconds) if seconds >= 60 else f"{seconds:.0f} s"


def processor_seconds(pid: int) -> float:
    """Return the processor time of the process ``pid`` and of those that it has started."""
    total = 0.0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                times = each.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total
