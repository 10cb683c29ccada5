"""Narrow ResNet-9: a few wide, early pooled convolutions, made for small faces and a CPU."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from models.registry import BuildRequest, Network, architecture
from models.torch_parts import SMALL_FACES, convolution, pooled

if TYPE_CHECKING:
    from torch import nn

STEM = 32
STAGES = (64, 128, 256)
"""The filters of each stage: 2×2 max-pooling, a convolution, and a residual pair of two more."""


@architecture(
    name="narrow-resnet9",
    summary="A stem and three pooled stages of a convolution and a residual pair (1.9 M)",
    source="Page, How to train your ResNet, 2018 (myrtle.ai), narrower, pooled before each stage "
    "and with a residual pair in all three; residuals of He et al., arXiv 1512.03385",
    **SMALL_FACES,
)
def narrow_resnet9(request: BuildRequest) -> Network:
    """A stem of 32 filters at full size, then stages of 64, 128 and 256, averaged."""
    import torch

    torch.manual_seed(request.seed)
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        stem=_normalised(request.image_shape[2], STEM)
    )
    channels = STEM
    for stage, filters in enumerate(STAGES, start=1):
        layers[f"stage{stage}"] = _stage(channels, filters)
        channels = filters
    return pooled(request, channels, layers)


def _stage(channels: int, filters: int) -> nn.Module:
    from torch import nn

    return nn.Sequential(nn.MaxPool2d(2), _normalised(channels, filters), _pair(filters))


def _normalised(channels: int, filters: int) -> nn.Module:
    """Return a convolution with batch norm and ReLU."""
    from torch import nn

    return nn.Sequential(
        convolution(channels, filters), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)
    )


def _pair(filters: int) -> nn.Module:
    """Return two convolutions whose answer is added to what they were given."""
    from torch import Tensor, nn

    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.residual = nn.Sequential(
                _normalised(filters, filters), _normalised(filters, filters)
            )

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = x + self.residual(x)
            return answer

    return Pair()
