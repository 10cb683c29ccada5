"""The choice under limits in words, the same for the page and the command."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.evaluation.choice import Candidate, Choice, Limits
from benchmarks.evaluation.comparison import Pair
from benchmarks.report.elements.numbers import (
    compact,
    duration,
    interval,
    listing,
    three_digits,
    unsigned_points,
    with_sign,
)

HARDLY = 1.05


def taken(candidate: Candidate) -> str:
    """Say what to take and what it scores and costs."""
    between = interval(candidate.low, candidate.high)
    surely = f" (95 % interval {between})" if between else ""
    spent = f"; {costs(candidate)}" if costs(candidate) else ""
    text = f"Take {candidate.variant}: {with_sign(candidate.accuracy)} of the test images right"
    text += f"{surely}{spent}."
    if candidate.guessing:
        text += " That is no better than always answering the most frequent class."
    return text


def costs(candidate: Candidate) -> str:
    """Return what is known of a candidate's latency, size and training time; blank if nothing."""
    known = (_latency(candidate), _size(candidate), _training(candidate))
    return listing([cost for cost in known if cost])


def given_up(candidate: Candidate, best: Candidate, pair: Pair | None) -> str:
    """Say what taking ``candidate`` gives up; ``pair`` compares ``best`` with it."""
    if pair is None:
        return "It is the most accurate variant of all."
    lost = f"{unsigned_points(pair.difference)} points"
    costs = listing(list(filter(None, (_latency(best), _size(best)))))
    where = f"{best.variant}, the most accurate of all ({costs})" if costs else best.variant
    if pair.differs:
        between = f"{unsigned_points(pair.low)} to {unsigned_points(pair.high)}"
        return f"It gives up {lost} (95 % interval {between}) against {where}."
    return f"It is tied with {where}: the {lost} between them may be chance."


def alternative(other: Candidate, candidate: Candidate) -> str:
    """Say that ``other`` is tied with ``candidate`` and what it costs more or less."""
    changes = [
        _change(other.parameters, candidate.parameters, "smaller", "larger"),
        _change(other.latency_ms, candidate.latency_ms, "faster", "slower"),
    ]
    kinder = [change for change, better in changes if change and better]
    worse = [change for change, better in changes if change and not better]
    gain = f" and {listing(kinder)}" if kinder else ""
    though = f", though {listing(worse)}" if worse else ""
    return f"{other.variant} ({with_sign(other.accuracy)}) is tied with it{gain}{though}."


def nothing_fits(offered: Sequence[Candidate], limits: Limits) -> str:
    """Say that none of ``offered`` keeps ``limits``, and how far they would have to go."""
    bounds = [
        *([f"{limits.latency_ms:g} ms"] if limits.latency_ms is not None else []),
        *([f"{compact(limits.parameters)} parameters"] if limits.parameters is not None else []),
    ]
    return f"No variant keeps within {listing(bounds)}: {least(offered)}."


def least(offered: Sequence[Candidate]) -> str:
    """Name the smallest and the fastest of ``offered``."""
    sized = [c for c in offered if c.parameters is not None]
    timed = [c for c in offered if c.latency_ms is not None]
    extremes = []
    if sized:
        smallest = min(sized, key=lambda c: c.parameters or 0)
        extremes.append(f"the smallest is {smallest.variant} with {_size(smallest)}")
    if timed:
        fastest = min(timed, key=lambda c: c.latency_ms or 0)
        extremes.append(f"the fastest is {fastest.variant} with {_latency(fastest)}")
    return listing(extremes) or "no cost was measured"


def lines(choice: Choice, offered: Sequence[Candidate], limits: Limits) -> list[str]:
    """Return everything that is said of a choice among ``offered``, a sentence a line."""
    if choice.taken is None:
        return [nothing_fits(offered, limits)]
    return [
        taken(choice.taken),
        given_up(choice.taken, choice.best, choice.given_up),
        *(alternative(other, choice.taken) for other in choice.alternatives),
    ]


def _latency(candidate: Candidate) -> str:
    known = candidate.latency_ms is not None
    return f"{three_digits(candidate.latency_ms)} ms an image" if known else ""


def _size(candidate: Candidate) -> str:
    return f"{compact(candidate.parameters)} parameters" if candidate.parameters is not None else ""


def _training(candidate: Candidate) -> str:
    seconds = candidate.train_seconds
    return f"{duration(seconds)} for one training" if seconds is not None else ""


def _change(other: float | None, one: float | None, less: str, more: str) -> tuple[str, bool]:
    """Return how many times ``other`` is less or more than ``one``, and whether it is less."""
    if other is None or one is None or one == other:
        return "", False
    small, large = sorted((other, one))
    word = less if other < one else more
    ratio = large / small if small else math.inf
    if ratio < HARDLY:
        return f"a little {word}", other < one
    times = "much" if math.isinf(ratio) or ratio >= 1000 else f"{_times(ratio)} times"
    return f"{times} {word}", other < one


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
