"""The views of an image whose answers are averaged, beside the answer to the image as it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

View = Literal["flip", "ten-crop"]
"""An average: over an image and its mirror image, or over five shifts, each mirrored or not."""
Views = Literal["one", "flip", "ten-crop"]
"""What a protocol can ask for; ``one`` is the image as it is, which is always scored alone."""
SIZES: Mapping[View, int] = MappingProxyType({"flip": 2, "ten-crop": 10})
"""How many views an average is over, the unchanged image among them."""


def averages(asked: Views) -> tuple[View, ...]:
    """Return the averages that ``asked`` gives: the views of ten-crop hold those of flip."""
    most = 1 if asked == "one" else SIZES[asked]
    return tuple(view for view, size in SIZES.items() if size <= most)
