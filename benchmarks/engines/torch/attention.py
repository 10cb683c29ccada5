"""Grad-CAM of a torch network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.engines.contract import Attention
from benchmarks.engines.grad_cam import FeatureMap, deepest, grad_cam


def attention(
    network: nn.Module, images: NDArray[np.uint8], classes: NDArray[np.int64]
) -> Attention:
    """Return the maps of ``classes``, N, for uint8 ``images`` N×H×W×C.

    ``network`` goes from float32 images N×C×H×W in [0, 255] to logits. Raises `NoMap` where
    there is no convolutional feature map.
    """
    device = next(network.parameters()).device
    inputs = torch.from_numpy(np.array(images)).to(device).permute(0, 3, 1, 2).float()
    network.eval()
    with torch.no_grad():
        place, module = _place(network, inputs[:1])
    seen: list[tuple[Tensor, Tensor]] = []

    def changed(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        change = torch.zeros_like(output, requires_grad=True)
        seen.append((output.detach().clone(), change))
        return output + change

    handle = module.register_forward_hook(changed)
    try:
        with torch.enable_grad():
            answer = network(inputs).float()
            score = answer[torch.arange(len(classes)), torch.from_numpy(classes)].sum()
            activation, change = seen[-1]
            (gradient,) = torch.autograd.grad(score, change)
    finally:
        handle.remove()
    return Attention(grad_cam(_last(activation), _last(gradient)), place.layer)


def _place(network: nn.Module, image: Tensor) -> tuple[FeatureMap, nn.Module]:
    """Run ``network`` once and find its deepest map that has cells enough.

    A map is what has the height and width of the convolution before it: what lies in another
    order than channels, height, width does not.
    """
    places: list[FeatureMap] = []
    found: list[nn.Module] = []
    sides: list[tuple[int, ...]] = []
    names = {module: name for name, module in network.named_modules()}

    def note(module: nn.Module, given: Any, output: Any) -> None:
        shape = tuple(output.shape) if isinstance(output, Tensor) else ()
        if isinstance(module, nn.Conv2d):
            sides.append(shape[2:])
        if sides and len(shape) == 4 and shape[2:] == sides[-1]:
            places.append(FeatureMap(len(found), names[module], min(shape[2:])))
            found.append(module)

    handles = [module.register_forward_hook(note) for module in names]
    try:
        network(image)
    finally:
        for handle in handles:
            handle.remove()
    place = deepest(places)
    return place, found[place.index]


def _last(maps: Tensor) -> NDArray[np.float32]:
    return np.asarray(maps.permute(0, 2, 3, 1).float().cpu().numpy())
