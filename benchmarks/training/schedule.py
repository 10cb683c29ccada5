"""What the past of a fit decides: learning rate, average, plateau, early stopping, best epoch.

Each is a pure function of the step or of the validation scores so far (higher is better), so
that a training that goes on from a checkpoint decides as an unbroken one does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from models.registry import Schedule

WARM_UP: Mapping[Schedule, float] = MappingProxyType({"cosine": 0.05, "one-cycle": 0.3})
"""The share of the steps in which a schedule's rate rises where a recipe says none."""
FIRST, LAST = 1 / 25, 1 / (25 * 1e4)
"""Where one cycle begins and ends, as shares of its highest rate: torch's defaults."""


def learning_rate(
    schedule: Schedule,
    base: float,
    *,
    step: int,
    steps: int,
    plateau_scale: float = 1.0,
    warm_up: float = 0.0,
) -> float:
    """Return the learning rate of ``step`` (from 0) out of ``steps``; it is above 0 throughout.

    It rises over the share ``warm_up`` of the steps, or the schedule's own (`WARM_UP`) where that
    is 0: linearly, but along half a cosine for ``one-cycle``. Then ``cosine`` falls along half a
    cosine (Loshchilov & Hutter, arXiv 1608.03983, without restarts), and so does ``one-cycle``
    (Smith & Topin, arXiv 1708.07120), to next to nothing: torch's ``OneCycleLR``, whose momentum
    stays as it is.
    """
    rise = warm_up or WARM_UP.get(schedule, 0.0)
    if schedule == "one-cycle":
        return base * _one_cycle(step, steps, rise)
    warm = math.ceil(rise * steps)
    highest = base * plateau_scale if schedule == "plateau" else base
    if step < warm:
        return highest * (step + 1) / warm
    if schedule == "cosine":
        return highest * 0.5 * (1 + math.cos(math.pi * (step - warm + 0.5) / (steps - warm)))
    return highest


def _one_cycle(step: int, steps: int, rise: float) -> float:
    top, last = rise * steps - 1, steps - 1
    if step <= top and top > 0:
        return _between(FIRST, 1, step / top)
    return _between(1, LAST, (step - top) / (last - top))


def _between(start: float, end: float, share: float) -> float:
    """Return what lies after ``share`` of half a cosine from ``start`` to ``end``."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def average_decay(most: float, step: int) -> float:
    """Return how much of the average of the weights stays at ``step`` (from 0), at most ``most``.

    It is ``(1 + step) / (10 + step)`` until that is reached, so that the first weights are soon
    forgotten: ``num_updates`` of TensorFlow's ``ExponentialMovingAverage``.
    """
    return min(most, (1 + step) / (10 + step))


def best_epoch(scores: Sequence[float]) -> int:
    """Return the index of the highest score, the earliest of equals."""
    return max(range(len(scores)), key=lambda epoch: (scores[epoch], -epoch))


def should_stop(scores: Sequence[float], patience: int) -> bool:
    """Tell whether the last ``patience`` epochs brought no new best; 0 never stops."""
    return 0 < patience < len(scores) and len(scores) - 1 - best_epoch(scores) >= patience


def plateau_scale(scores: Sequence[float], patience: int, factor: float) -> float:
    """Return ``factor`` to the power of how often ``patience`` epochs passed without a new best.

    After each reduction the count starts again. A ``patience`` of 0 never reduces.
    """
    best, waited, scale = -math.inf, 0, 1.0
    for score in scores:
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if 0 < patience <= waited:
            scale, waited = scale * factor, 0
    return scale
