"""The parts that the torch networks share: their first layers, a convolution, their head."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from models.registry import BuildRequest, Float, Network, Recipe

if TYPE_CHECKING:
    from torch import nn

MIDDLE, SPREAD = 127.5, 64.0
"""Grey level that enters as 0, and distance from it that enters as 1: near those of faces."""

SMALL_FACES: Mapping[str, Any] = MappingProxyType(
    {
        "engine": "torch",
        "recipe": Recipe(
            optimizer="sgd",
            learning_rate=0.1,
            batch_size=128,
            weight_decay=5e-4,
            dropout=0.3,
            label_smoothing=0.1,
            clip_norm=1.0,
            schedule="cosine",
            epochs=60,
            augmentation="standard",
        ),
        "space": {
            "learning_rate": Float(0.01, 0.3, log=True),
            "weight_decay": Float(1e-4, 5e-3, log=True),
            "dropout": Float(0.0, 0.6),
        },
        "initialisations": ("scratch", "source", "run", "file"),
        "minimum_input": 8,
    }
)
"""How the narrow networks for small faces are declared and trained."""


def entry(request: BuildRequest) -> nn.Module:
    """Return the layers from images in [0, 255] to the network's input size, centred on 0."""
    from torch import nn
    from torchvision.transforms import Normalize

    channels = request.image_shape[2]
    return nn.Sequential(Normalize([MIDDLE] * channels, [SPREAD] * channels), resize(request))


def resize(request: BuildRequest) -> nn.Module:
    """Return the layer from images of the data's size to the network's input size."""
    from torch import nn

    side = request.input_size
    if request.image_shape[:2] == (side, side):
        return nn.Identity()
    return nn.Upsample(size=(side, side), mode="bilinear", align_corners=False)


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
