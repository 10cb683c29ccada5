"""The common scale on which the leaderboard draws every accuracy with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (0.02, 0.05, 0.1, 0.2)
MOST_STEPS = 5


@dataclass(frozen=True)
class Axis:
    """From ``low`` to ``high`` (fractions of 1, multiples of ``step``)."""

    low: float
    high: float
    step: float

    def place(self, value: float) -> str:
        """Return where ``value`` stands, in per cent of the width; beyond an end, the end."""
        inside = min(max(value, self.low), self.high)
        return f"{100 * (inside - self.low) / (self.high - self.low):.4g}"

    def holds(self, value: float) -> bool:
        """Tell whether ``value`` lies on the scale."""
        return self.low <= value <= self.high

    @property
    def ticks(self) -> tuple[tuple[str, str], ...]:
        """Place and text of each mark of the axis, in per cent."""
        number = round((self.high - self.low) / self.step)
        values = [self.low + self.step * tick for tick in range(number + 1)]
        return tuple((self.place(value), f"{100 * value:.0f}") for value in values)


@dataclass(frozen=True)
class Whisker:
    """A mean with its interval and the score of each seed: places on a scale."""

    low: str
    mean: str
    high: str
    seeds: tuple[str, ...] = ()


def scale(values: Iterable[float]) -> Axis:
    """Return the shortest scale of round numbers that holds ``values``, fractions of 1.

    Without any value it is the whole scale.
    """
    known = [value for value in values if not math.isnan(value)] or [0.0, 1.0]
    for step in STEPS:
        low = math.floor(min(known) / step + 1e-9)
        high = max(math.ceil(max(known) / step - 1e-9), low + 1)
        if high - low <= MOST_STEPS:
            break
    return Axis(low * step, high * step, step)


def whisker(on: Axis, low: float, mean: float, high: float, seeds: Iterable[float] = ()) -> Whisker:
    """Place a mean with its interval; an unknown end is the mean."""
    ends = [mean if math.isnan(end) else end for end in (low, high)]
    each = tuple(on.place(seed) for seed in seeds)
    return Whisker(on.place(ends[0]), on.place(mean), on.place(ends[1]), each)
