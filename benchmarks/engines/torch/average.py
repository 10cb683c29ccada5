"""The moving average of a torch network's weights and statistics."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

Tensors = Mapping[str, Tensor]


class Average:
    """Averages of all floating-point tensors of a network, which start at what those are now."""

    def __init__(self, network: nn.Module) -> None:
        self._now = {k: v for k, v in network.state_dict().items() if v.is_floating_point()}
        self.tensors: Tensors = {name: tensor.clone() for name, tensor in self._now.items()}

    def move(self, decay: float, part: str) -> None:
        """Keep ``decay`` of the averages whose names begin with ``part``; the rest is of now."""
        moved = [name for name in self._now if name.startswith(part)]
        averages, now = ([held[name] for name in moved] for held in (self.tensors, self._now))
        torch._foreach_lerp_(averages, now, 1 - decay)

    def load(self, tensors: Tensors) -> None:
        """Go back to those of ``tensors`` that are averaged."""
        for name, average in self.tensors.items():
            average.copy_(tensors[name])
