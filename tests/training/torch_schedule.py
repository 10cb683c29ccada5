"""The learning rates of torch's own schedule, asked in a process of its own."""

from __future__ import annotations

import torch


def one_cycle(highest: float, steps: int, rise: float) -> list[float]:
    """Return the rate of each of ``steps`` steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=highest)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, highest, total_steps=steps, pct_start=rise, cycle_momentum=False
    )
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < steps:
            schedule.step()
    return rates
