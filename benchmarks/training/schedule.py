"""What the past of a fit decides: learning rate, average, plateau, early stopping, best epoch.

Each is a pure function of the step or of the validation scores so far (higher is better), so
that a training that goes on from a checkpoint decides as an unbroken one does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

WARM_UP = 0.05


def learning_rate(
    schedule: Literal["constant", "cosine", "plateau"],
    base: float,
    *,
    step: int,
    steps: int,
    plateau_scale: float = 1.0,
) -> float:
    """Return the learning rate of ``step`` (from 0) out of ``steps``; it is above 0 throughout.

    ``cosine`` rises linearly over the first 5 % of the steps and then falls along half a cosine
    (Loshchilov & Hutter, arXiv 1608.03983, without restarts).
    """
    if schedule == "cosine":
        warm = math.ceil(WARM_UP * steps)
        if step < warm:
            return base * (step + 1) / warm
        return base * 0.5 * (1 + math.cos(math.pi * (step - warm + 0.5) / (steps - warm)))
    return base * plateau_scale if schedule == "plateau" else base


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
