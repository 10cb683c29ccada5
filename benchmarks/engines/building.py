"""What an architecture's code builds and answers, checked before it is trained on or believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.registry import Architecture, BuildRequest, ModelError, Network


def built_network(architecture: Architecture, request: BuildRequest) -> Network:
    """Build a network of two parts; raises ``ModelError`` where something else is built.

    It takes images of a recipe's crop: the engine crops those of ``request`` before the backbone.
    """
    built = architecture.build(cropped(request))
    if not isinstance(built, Network):
        raise ModelError(
            f"{architecture.name}: its code returns {type(built).__name__}; "
            "expected models.registry.Network, a backbone and a head"
        )
    return built


def cropped(request: BuildRequest) -> BuildRequest:
    """Return ``request`` for images of the size that its recipe's crop leaves, if it has one."""
    return replace(request, image_shape=cropped_shape(request.image_shape, request.recipe.crop))


def cropped_shape(image_shape: tuple[int, int, int], crop: int) -> tuple[int, int, int]:
    """Return (height, width, channels) of a crop, or of images without one (0).

    Raises ``ModelError`` for one that is larger than an image.
    """
    height, width, channels = image_shape
    if crop > min(height, width):
        raise ModelError(f"crop = {crop}: the images have {height}×{width} pixels; lower it")
    return (crop, crop, channels) if crop else image_shape


def smaller_input(architecture: Architecture, input_size: int) -> int:
    """Return the input size of the epochs that progressive learning begins with.

    It is two thirds of ``input_size``, to a multiple of 8, or the architecture's minimum. Raises
    ``ModelError`` where there is no smaller one.
    """
    size = max(8 * round(input_size / 12), architecture.minimum_input)
    if size >= input_size:
        raise ModelError(
            f"{architecture.name}: an input of {input_size} pixels leaves progressive no smaller "
            "one; set a larger input_size or leave progressive out"
        )
    return size


def before_crop(side: int, crop: int) -> int:
    """Return how many of the ``side`` pixels of an image come before its central crop."""
    return (side - crop) // 2


def refuse_shape(name: str, found: Sequence[int | None], wanted: Sequence[int | None]) -> None:
    """Raise ``ModelError`` where the answers of the network ``name`` are not ``wanted``."""
    if tuple(found) != tuple(wanted):
        raise ModelError(
            f"{name}: it answers with {_shape(found)}; expected {_shape(wanted)}, images × classes"
        )


def _shape(sizes: Sequence[int | None]) -> str:
    return "×".join("N" if size is None else str(size) for size in sizes) or "a single number"
