"""Grad-CAM of a Keras network, on whatever backend Keras has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from benchmarks.engines.contract import Attention
from benchmarks.engines.grad_cam import FeatureMap, deepest, grad_cam
from benchmarks.engines.keras.calls import Call, calls_replaced
from benchmarks.engines.keras.stages import CONVOLUTIONS


def attention(model: Any, images: NDArray[np.uint8], classes: NDArray[np.int64]) -> Attention:
    """Return the maps of ``classes``, N, for uint8 ``images`` N×H×W×C.

    ``model`` goes from images to probabilities by a last softmax; the gradient is that of what
    goes into it. Raises `NoMap` where there is no convolutional feature map.
    """
    logits = keras.Model(model.inputs, model.layers[-1].input)
    inputs = images.astype(np.float32)
    place, layer = _place(logits, inputs[:1])
    wanted = np.eye(logits.output_shape[-1], dtype=np.float32)[classes]

    def score(change: Any) -> Any:
        with _watched(layer, lambda output: output + ops.cast(change, output.dtype)):
            answer = logits(inputs, training=False)
        return ops.sum(ops.cast(answer, "float32") * wanted)

    activations = _activations(logits, layer, inputs)
    gradients = _GRADIENTS[keras.backend.backend()](score, np.zeros_like(activations))
    return Attention(grad_cam(activations, gradients), place.layer)


def _place(model: Any, image: NDArray[np.float32]) -> tuple[FeatureMap, Any]:
    """Run ``model`` once and find its deepest map that has cells enough."""
    places: list[FeatureMap] = []
    found: list[Any] = []
    sides: list[tuple[int, ...]] = []

    def note(layer: Any) -> Callable[[Any], Any]:
        def noted(output: Any) -> Any:
            shape = tuple(getattr(output, "shape", ()))
            if isinstance(layer, CONVOLUTIONS):
                sides.append(shape[1:3])
            if sides and len(shape) == 4 and shape[1:3] == sides[-1] and _changes(layer):
                places.append(FeatureMap(len(found), layer.name, min(shape[1:3])))
                found.append(layer)
            return output

        return noted

    with _all_watched(_leaves(model), note):
        model(image, training=False)
    place = deepest(places)
    return place, found[place.index]


def _changes(layer: Any) -> bool:
    return not isinstance(layer, layers.Dropout | layers.SpatialDropout2D)


def _leaves(model: Any) -> list[Any]:
    every = model._flatten_layers(include_self=False)
    return [each for each in every if not list(each._flatten_layers(include_self=False))]


def _activations(model: Any, layer: Any, images: NDArray[np.float32]) -> NDArray[np.float32]:
    seen: list[Any] = []

    def kept(output: Any) -> Any:
        seen.append(output)
        return output

    with _watched(layer, kept):
        model(images, training=False)
    return np.asarray(ops.convert_to_numpy(ops.cast(seen[-1], "float32")))


@contextmanager
def _all_watched(
    watched: list[Any], observer: Callable[[Any], Callable[[Any], Any]]
) -> Iterator[None]:
    """Give each layer's output to its observer, and use what that returns instead."""

    def replacement(layer: Any) -> Callable[[Call], Call]:
        observe = observer(layer)
        return lambda original: lambda *inputs, **settings: observe(original(*inputs, **settings))

    with calls_replaced(watched, replacement):
        yield


@contextmanager
def _watched(layer: Any, observer: Callable[[Any], Any]) -> Iterator[None]:
    with _all_watched([layer], lambda _: observer):
        yield


def _tensorflow_gradient(score: Callable[[Any], Any], at: NDArray[np.float32]) -> Any:
    import tensorflow as tf

    place = tf.convert_to_tensor(at)
    with tf.GradientTape() as tape:
        tape.watch(place)
        value = score(place)
    return tape.gradient(value, place).numpy()


def _torch_gradient(score: Callable[[Any], Any], at: NDArray[np.float32]) -> Any:
    import torch

    place = ops.convert_to_tensor(at).requires_grad_()
    return torch.autograd.grad(score(place), place)[0].cpu().numpy()


def _jax_gradient(score: Callable[[Any], Any], at: NDArray[np.float32]) -> Any:
    import jax

    return np.asarray(jax.grad(score)(at))


_GRADIENTS = {
    "tensorflow": _tensorflow_gradient,
    "torch": _torch_gradient,
    "jax": _jax_gradient,
}
