"""Narrow VGG: nine batch-normalised 3×3 convolutions, made for small faces and a CPU."""

from __future__ import annotations

from collections import OrderedDict

from models.registry import BuildRequest, Network, architecture
from models.torch_parts import SMALL_FACES, convolution, pooled

STAGES = ((32, 32), (64, 64), (128, 128), (256, 256, 256))
"""The filters of each stage's convolutions; each stage but the last ends in 2×2 max-pooling."""


@architecture(
    name="narrow-vgg",
    summary="Nine batch-normalised 3×3 convolutions of 32 to 256 filters, pooled (1.8 M)",
    source="Simonyan & Zisserman, arXiv 1409.1556, at the width of Pramerdorfer & Kampel, "
    "arXiv 1612.02903; batch norm of Ioffe & Szegedy, arXiv 1502.03167",
    **SMALL_FACES,
)
def narrow_vgg(request: BuildRequest) -> Network:
    """Two convolutions each at 32, 64 and 128 filters, max-pooled; three at 256, averaged."""
    import torch
    from torch import nn

    torch.manual_seed(request.seed)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = request.image_shape[2]
    for stage, widths in enumerate(STAGES, start=1):
        if stage > 1:
            layers[f"pool{stage - 1}"] = nn.MaxPool2d(2)
        for place, filters in enumerate(widths, start=1):
            name = f"conv{stage}_{place}"
            layers[name] = convolution(channels, filters)
            layers[f"{name}_bn"] = nn.BatchNorm2d(filters)
            layers[f"{name}_relu"] = nn.ReLU(inplace=True)
            channels = filters
    return pooled(request, channels, layers)
