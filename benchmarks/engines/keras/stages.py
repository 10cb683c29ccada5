"""The stages of a Keras backbone, and layers of it that stay as in inference."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import numpy as np
from keras import layers

from benchmarks.engines.keras.calls import Call, calls_replaced, replace_call, restore_call
from benchmarks.engines.stages import Part, Size, Stages

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


def find_stages(backbone: Any) -> Stages:
    """Run ``backbone``, all of which can learn, on a blank image, and find its stages."""
    parts: dict[int, Part] = {}

    def noted(layer: Any) -> Any:
        def replacement(original: Call) -> Call:
            def call(*inputs: Any, **settings: Any) -> Any:
                part = parts.setdefault(id(layer), _part(layer))
                output = original(*inputs, **settings)
                part.sizes = part.sizes or _sizes(getattr(output, "shape", ()))
                return output

            return call

        return replacement

    with calls_replaced(layers_of(backbone), noted):
        backbone(np.zeros((1, *backbone.input_shape[1:]), np.float32), training=False)
    return Stages(list(parts.values()))


def layers_of(model: Any) -> list[Any]:
    """Return ``model`` and every layer in it, however deep."""
    return list(dict.fromkeys(model._flatten_layers()))


def rest(resting: Iterable[Any]) -> None:
    """Let layers do what they do in inference, also while the network around them learns.

    To call a backbone with ``training=False`` is not enough: of Keras 3 the network around it
    tells each layer in it otherwise, so that dropout acts.
    """
    for layer in resting:
        if "training" in inspect.signature(layer.call).parameters:
            replace_call(layer, _in_inference)


def wake(backbone: Any) -> None:
    """Let the layers of ``backbone`` do again what they are told to."""
    for layer in layers_of(backbone):
        restore_call(layer)


def _in_inference(original: Call) -> Call:
    def call(*inputs: Any, **settings: Any) -> Any:
        return original(*inputs, **{**settings, "training": False})

    return call


def _part(layer: Any) -> Part:
    convolves = isinstance(layer, CONVOLUTIONS)
    return Part(layer, layer.trainable_variables, layers_of(layer), convolves)


def _sizes(shape: tuple[int, ...]) -> tuple[Size, ...]:
    """Return the height and width of a map N×H×W×C."""
    return ((shape[1], shape[2]),) if len(shape) == 4 else ()
