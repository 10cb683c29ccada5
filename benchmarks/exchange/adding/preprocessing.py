"""How a model from outside reads its images, as its user states it; a file does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Batch, Images
from benchmarks.errors import InputError

Scale = Literal["0..255", "0..1", "-1..1", "imagenet"]
Colour = Literal["grey", "rgb", "bgr"]

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's RGB images in [0, 1], as torchvision's and timm's networks take them."""


def _standardised(images: Batch) -> NDArray[Any]:
    mean, deviation = np.array(MEAN), np.array(DEVIATION)
    if images.shape[-1] == 1:
        mean, deviation = mean.mean(keepdims=True), deviation.mean(keepdims=True)
    return np.asarray((images / 255 - mean) / deviation)


SCALES: Mapping[Scale, Callable[[Batch], NDArray[Any]]] = MappingProxyType(
    {
        "0..255": lambda images: images,
        "0..1": lambda images: images / 255,
        "-1..1": lambda images: images / 127.5 - 1,
        "imagenet": _standardised,
    }
)
CHANNELS: Mapping[Colour, int] = MappingProxyType({"grey": 1, "rgb": 3, "bgr": 3})


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """What a model is given and what its outputs mean.

    ``classes`` names its outputs in order. ``height`` and ``width`` are those of its input in
    pixels. ``logits`` says that its outputs come before softmax.
    """

    scale: Scale
    classes: tuple[str, ...]
    colour: Colour
    height: int
    width: int
    logits: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the reading as JSON values."""
        return {**asdict(self), "classes": list(self.classes)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> InputSpec:
        """Rebuild a reading from `to_json`."""
        return cls(**{**content, "classes": tuple(content["classes"])})

    def with_scale(self, scale: Scale) -> InputSpec:
        """Return the same reading with another scale."""
        return replace(self, scale=scale)

    def inputs(self, images: Images) -> Batch:
        """Return what the model is given for uint8 images N×H×W×C: float32 N×H'×W'×C'.

        The colours are converted, then the images are resized (bilinear), then scaled.
        """
        coloured = [_coloured(image, self.colour) for image in images]
        size = (self.width, self.height)
        resized = [
            cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
            for image in coloured
        ]
        shape = (len(images), self.height, self.width, CHANNELS[self.colour])
        return np.asarray(SCALES[self.scale](np.stack(resized).reshape(shape)), np.float32)


def _coloured(image: Images, colour: Colour) -> Images:
    if image.shape[-1] == CHANNELS[colour]:
        return np.asarray(image[..., ::-1] if colour == "bgr" else image, np.uint8)
    if colour == "grey":
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    return np.repeat(image, 3, axis=-1)


def as_probabilities(outputs: NDArray[Any], *, logits: bool, place: str) -> NDArray[np.float64]:
    """Return class probabilities, N×K, rows summing to 1, from a model's outputs N×K.

    Raises ``InputError`` where they are not finite, or are no probabilities (rounded ones may
    sum to a little more or less than 1) though ``logits`` was not stated, or the other way round.
    """
    values = np.asarray(outputs, np.float64)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise InputError(f"{place}: the answer to image {row} is not finite")
    sums = values.sum(axis=1)
    wrong = (values < -1e-6).any(axis=1) | (np.abs(sums - 1) > 0.05)
    if logits:
        if not wrong.any():
            raise InputError(f"{place}: its outputs are probabilities already; leave out --logits")
        values = np.exp(values - values.max(axis=1, keepdims=True))
    elif wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        told = ", ".join(f"{value:.3g}" for value in values[row])
        raise InputError(
            f"{place}: the answer to image {row} ({told}) is no set of probabilities summing to 1; "
            "say --logits if it comes before softmax"
        )
    values = np.maximum(values, 0)
    return np.asarray(values / values.sum(axis=1, keepdims=True), np.float64)
