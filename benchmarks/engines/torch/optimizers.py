"""The optimisers of a torch network, with Keras' constants and its order of things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from models.registry import Recipe

MOMENTUM, EPSILON = 0.9, 1e-7


def make_optimizer(
    recipe: Recipe, learned: Sequence[nn.Parameter], scales: Sequence[float]
) -> torch.optim.Optimizer:
    """Make the recipe's optimiser of ``learned``; L2 is added to gradients elsewhere.

    ``scales`` are what the learning rate of each is multiplied by.
    """
    rate = recipe.learning_rate
    groups = _groups(recipe, learned, scales)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=MOMENTUM, nesterov=True)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=rate, eps=EPSILON)
    return torch.optim.AdamW(groups, lr=rate, eps=EPSILON)


def _groups(
    recipe: Recipe, learned: Sequence[nn.Parameter], scales: Sequence[float]
) -> list[dict[str, Any]]:
    """Part what learns by its rate and by whether its weights decay."""
    decayed = recipe.weight_decay if recipe.optimizer == "adamw" else 0.0
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter, scale in zip(learned, scales, strict=True):
        decay = decayed if parameter.ndim >= 2 else 0.0
        found.setdefault((scale, decay), []).append(parameter)
    return [
        {
            "params": parameters,
            "scale": scale,
            "lr": recipe.learning_rate * scale,
            "weight_decay": decay,
        }
        for (scale, decay), parameters in found.items()
    ]


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Change the learning rate as Keras does: its SGD velocity keeps the rate of its time.

    torch multiplies the whole buffer by the present rate, so the buffer is divided by the change.
    """
    for group in optimizer.param_groups:
        now = rate * group["scale"]
        change, group["lr"] = group["lr"] / now, now
        for parameter in group["params"]:
            buffer = optimizer.state[parameter].get("momentum_buffer")
            if buffer is not None and change != 1:
                buffer.mul_(change)
