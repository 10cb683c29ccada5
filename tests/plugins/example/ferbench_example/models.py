"""A torch network of one convolution, and a layer for the engine of this package."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.registry import BuildRequest, Float, Network, Recipe, architecture


@architecture(
    name="example-tiny",
    engine="torch",
    summary="one convolution and global average pooling",
    source="an example",
    recipe=Recipe(optimizer="adam", learning_rate=1e-2, epochs=20),
    space={"learning_rate": Float(1e-4, 1e-1, log=True)},
)
def tiny(request: BuildRequest) -> Network:
    """Return eight 5×5 filters, pooled, with a fresh head; torch is imported here and no sooner."""
    import torch
    from torch import nn

    torch.manual_seed(request.seed)
    backbone = nn.Sequential(
        nn.Upsample(request.input_size),
        nn.Conv2d(request.image_shape[2], 8, 5, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    return Network(backbone, nn.Linear(8, request.classes))


@architecture(
    name="example-softmax",
    engine="numpy-softmax",
    summary="softmax regression on raw pixels",
    source="an example",
    recipe=Recipe(optimizer="sgd", learning_rate=1e-2, epochs=20),
    space={"learning_rate": Float(1e-4, 1e-1, log=True)},
)
def softmax(request: BuildRequest) -> dict[str, NDArray[np.float32]]:
    """Return a layer of small weights; what an engine is given is agreed with that engine."""
    pixels = int(np.prod(request.image_shape))
    kernel = np.random.default_rng(request.seed).normal(0, 0.01, (pixels, request.classes))
    return {
        "kernel": kernel.astype(np.float32),
        "bias": np.zeros(request.classes, np.float32),
    }
