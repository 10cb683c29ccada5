"""Narrow ResNet: pre-activation blocks on few channels, made for small faces and a CPU."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from models.registry import BuildRequest, Network, architecture
from models.torch_parts import SMALL_FACES, convolution, pooled

if TYPE_CHECKING:
    from torch import nn

STEM = 32
STAGES = (64, 128, 256)
"""The filters of each stage; each begins by halving the maps and has two blocks."""


@architecture(
    name="narrow-resnet",
    summary="Six pre-activation blocks of 64, 128 and 256 filters, pooled (2.8 M)",
    source="He et al., Identity mappings in deep residual networks, arXiv 1603.05027; "
    "few layers and even widths as in Zagoruyko & Komodakis, arXiv 1605.07146",
    **SMALL_FACES,
)
def narrow_resnet(request: BuildRequest) -> Network:
    """A stem of 32 filters at full size, then two blocks each at 64, 128 and 256, averaged."""
    import torch
    from torch import nn

    torch.manual_seed(request.seed)
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        stem=convolution(request.image_shape[2], STEM)
    )
    channels = STEM
    for stage, filters in enumerate(STAGES, start=1):
        layers[f"stage{stage}_1"] = _block(channels, filters, stride=2)
        layers[f"stage{stage}_2"] = _block(filters, filters, stride=1)
        channels = filters
    layers["last_bn"] = nn.BatchNorm2d(channels)
    layers["last_relu"] = nn.ReLU(inplace=True)
    return pooled(request, channels, layers)


def _block(channels: int, filters: int, *, stride: int) -> nn.Module:
    """Return a pre-activation block; where the shape changes, a 1×1 projection goes beside it."""
    from torch import Tensor, nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
            self.residual = nn.Sequential(
                convolution(channels, filters, stride=stride),
                nn.BatchNorm2d(filters),
                nn.ReLU(inplace=True),
                convolution(filters, filters),
            )
            changes = stride != 1 or channels != filters
            self.short = convolution(channels, filters, side=1, stride=stride) if changes else None

        def forward(self, x: Tensor) -> Tensor:
            active = self.before(x)
            short = x if self.short is None else self.short(active)
            answer: Tensor = short + self.residual(active)
            return answer

    return Block()
