"""The stages of a torch backbone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.engines.stages import Part, Size, Stages


def find_stages(backbone: nn.Module, network: nn.Module, image: Tensor) -> Stages:
    """Run ``network`` in inference mode on ``image``, 1×C×H×W; find those of its ``backbone``."""
    parts: dict[nn.Module, Part] = {}

    def begun(module: nn.Module, given: Any) -> None:
        if module not in parts:
            inner, convolves = list(module.modules()), isinstance(module, nn.Conv2d)
            parts[module] = Part(module, list(module.parameters()), inner, convolves)

    def ended(module: nn.Module, given: Any, output: Any) -> None:
        if not parts[module].sizes and isinstance(output, Tensor):
            parts[module].sizes = _sizes(tuple(output.shape))

    modules = list(backbone.modules())
    handles = [module.register_forward_pre_hook(begun) for module in modules]
    handles += [module.register_forward_hook(ended) for module in modules]
    network.eval()
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    return Stages(list(parts.values()))


def _sizes(shape: tuple[int, ...]) -> tuple[Size, ...]:
    """Return height and width of a map N×C×H×W, or N×H×W×C as some networks have theirs."""
    return ((shape[2], shape[3]), (shape[1], shape[2])) if len(shape) == 4 else ()
