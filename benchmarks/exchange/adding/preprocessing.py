"""What a model from outside is given for an image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Batch, Images
from benchmarks.store.records import Colour, InputSpec, Scale

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's RGB images in [0, 1], as torchvision's and timm's networks take them."""
CAFFE_MEAN = (123.68, 116.779, 103.939)
"""Of ImageNet's RGB images in [0, 255], as Caffe's networks and Keras' VGG and ResNet take them."""


def _standardised(images: Batch, colour: Colour) -> NDArray[Any]:
    return np.asarray((images / 255 - _ordered(MEAN, colour)) / _ordered(DEVIATION, colour))


def _ordered(numbers: tuple[float, float, float], colour: Colour) -> NDArray[np.float64]:
    """Return the ``numbers`` of red, green and blue in the order of the channels."""
    if colour == "grey":
        return np.array([np.mean(numbers)])
    return np.array(numbers if colour == "rgb" else numbers[::-1])


SCALES: Mapping[Scale, Callable[[Batch, Colour], NDArray[Any]]] = MappingProxyType(
    {
        "0..255": lambda images, _: images,
        "0..1": lambda images, _: images / 255,
        "-1..1": lambda images, _: images / 127.5 - 1,
        "imagenet": _standardised,
        "caffe": lambda images, colour: images - _ordered(CAFFE_MEAN, colour),
    }
)
SCALE_NAMES: Mapping[str, Scale] = MappingProxyType(
    {**{scale: scale for scale in SCALES}, "tf": "-1..1"}
)
"""How a scale can be stated: by its name, or as the mode of Keras' ``preprocess_input``."""
USUAL_COLOUR: Mapping[Scale, Colour] = MappingProxyType({"caffe": "bgr"})
"""The order of colours that goes with a scale where none is stated."""
CHANNELS: Mapping[Colour, int] = MappingProxyType({"grey": 1, "rgb": 3, "bgr": 3})


def model_inputs(spec: InputSpec, images: Images) -> Batch:
    """Return what a model is given for uint8 images N×H×W×C: float32 N×H'×W'×C'.

    The colours are converted, then the images are resized (bilinear), then scaled.
    """
    coloured = [_coloured(image, spec.colour) for image in images]
    size = (spec.width, spec.height)
    resized = [
        cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        for image in coloured
    ]
    shape = (len(images), spec.height, spec.width, CHANNELS[spec.colour])
    return np.asarray(SCALES[spec.scale](np.stack(resized).reshape(shape), spec.colour), np.float32)


def _coloured(image: Images, colour: Colour) -> Images:
    if image.shape[-1] == CHANNELS[colour]:
        return np.asarray(image[..., ::-1] if colour == "bgr" else image, np.uint8)
    if colour == "grey":
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    return np.repeat(image, 3, axis=-1)
