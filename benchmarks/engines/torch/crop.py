"""The first layer of a torch network that sees a crop of its images."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.engines.building import before_crop


class CentralCrop(nn.Module):
    """Takes the central square of ``side`` pixels of images N×C×H×W."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, images: Tensor) -> Tensor:
        """Return them, N×C×side×side."""
        top, left = (before_crop(length, self.side) for length in images.shape[2:])
        return images[..., top : top + self.side, left : left + self.side]
