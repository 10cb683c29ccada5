"""Timing: how long a call takes, as a median with its spread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

BATCH = 64
"""How many images are given at once where the speed of a batch is measured."""


@dataclass(frozen=True)
class Spread:
    """A measured quantity: its median, its quartiles, and how many repetitions they rest on."""

    median: float
    low: float
    high: float
    repetitions: int

    def times(self, factor: float) -> Spread:
        """Return the quantity in another unit."""
        return Spread(self.median * factor, self.low * factor, self.high * factor, self.repetitions)

    def rate(self, count: float) -> Spread:
        """Return how many of ``count`` things done in each repetition are done in a second."""
        high, low = count / self.low, count / self.high
        return Spread(count / self.median, low, high, self.repetitions)


def timed(
    call: Callable[[], object],
    *,
    seconds: float = 1.0,
    warm_up: int = 3,
    least: int = 10,
    most: int = 200,
) -> Spread:
    """Return the seconds that ``call`` takes, over repetitions that fill about ``seconds``.

    ``call`` must not return before its work is done, on a GPU too. The first ``warm_up`` calls,
    which compile and fill caches, do not count; then it is called ``least`` to ``most`` times.
    """
    for _ in range(warm_up):
        call()
    times: list[float] = []
    while len(times) < least or (sum(times) < seconds and len(times) < most):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return spread_of(times)


def spread_of(values: Sequence[float]) -> Spread:
    """Return the median of ``values`` and their quartiles."""
    low, median, high = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(median, low, high, len(values))


def latency_ms(call: Callable[[], object]) -> float:
    """Return the median milliseconds of ``call``, after a warm-up, over about a second."""
    return timed(call).median * 1000


def rough_duration(seconds: float) -> str:
    """Return a duration no more exact than an estimate is: ``25 min``, ``3.5 h``."""
    minutes = seconds / 60
    if minutes < 5:
        return f"{max(1, round(minutes))} min"
    return f"{5 * round(minutes / 5)} min" if minutes < 90 else f"{minutes / 60:.1f} h"
