"""The parts that the torch networks share: their first layers, a convolution, their head."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from models.registry import BuildRequest, Network

if TYPE_CHECKING:
    from torch import nn

MIDDLE, SPREAD = 127.5, 64.0
"""Grey level that enters as 0, and distance from it that enters as 1: near those of faces."""


def entry(request: BuildRequest) -> nn.Module:
    """Return the layers from images in [0, 255] to the network's input size, centred on 0."""
    from torch import nn
    from torchvision.transforms import Normalize

    side, channels = request.input_size, request.image_shape[2]
    layers: list[nn.Module] = [Normalize([MIDDLE] * channels, [SPREAD] * channels)]
    if request.image_shape[:2] != (side, side):
        layers.append(nn.Upsample(size=(side, side), mode="bilinear", align_corners=False))
    return nn.Sequential(*layers)


def convolution(channels: int, filters: int, *, side: int = 3, stride: int = 1) -> nn.Conv2d:
    """Return a padded convolution without bias, initialised as He et al. propose for ReLU."""
    from torch import nn

    made = nn.Conv2d(channels, filters, side, stride, padding=side // 2, bias=False)
    nn.init.kaiming_normal_(made.weight, mode="fan_out", nonlinearity="relu")
    return made


def pooled(request: BuildRequest, features: int, layers: OrderedDict[str, nn.Module]) -> Network:
    """Return the network of ``layers``, averaged over each of its maps, with a fresh head.

    The head is dropout at the recipe's rate and one dense layer of logits.
    """
    from torch import nn

    ends = {"average": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    backbone = nn.Sequential(OrderedDict(entry=entry(request), **layers, **ends))
    dropout, logits = nn.Dropout(request.recipe.dropout), nn.Linear(features, request.classes)
    return Network(backbone, nn.Sequential(OrderedDict(dropout=dropout, logits=logits)))
