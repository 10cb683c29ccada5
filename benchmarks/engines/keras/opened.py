"""Keras models of somebody else's: whole, or weights with the architecture that they are for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.keras.backend import count_macs
from benchmarks.engines.keras.keras_2 import read_configuration, translated
from benchmarks.engines.keras.weights import put_weights
from benchmarks.engines.opened import Source, first_fitting, read_shapes
from benchmarks.errors import InputError
from models.registry import Network


class KerasModel:
    """A Keras model: ``.keras``, ``.h5`` and Keras 2's ``.hdf5`` whole, or HDF5 weights."""

    def __init__(self, source: Source) -> None:
        self._model, file = _opened(source), source.file
        if len(self._model.inputs) != 1 or len(self._model.outputs) != 1:
            raise InputError(f"{file.name}: a model of one input and one output is needed")
        self.shapes = read_shapes(file, self._model.input_shape, self._model.output_shape)

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs in inference mode."""
        return np.asarray(self._model.predict_on_batch(batch))

    def parameters(self) -> int:
        """Count all weights, running statistics too."""
        return int(self._model.count_params())

    def macs(self) -> int | None:
        """Count the multiply-accumulates of one image; its sizes must be fixed."""
        return count_macs(self._model) if None not in self._model.input_shape[1:] else None

    def versions(self) -> dict[str, str]:
        """Return the versions of Keras and its backend."""
        names = ("keras", keras.backend.backend())
        return {name: version(name) for name in names}


def _opened(source: Source) -> Any:
    if source.blueprint:
        networks = (network for _, network in source.blueprint.networks())
        attempts = (partial(_with_weights, _whole, network, source.file) for network in networks)
        return first_fitting(attempts)
    if source.configuration:
        return _with_weights(_configured, source.configuration, source.file)
    with translated(source.file) as readable:
        return keras.saving.load_model(readable, compile=False, safe_mode=True)


def _with_weights(build: Callable[[Any], Any], plan: Any, file: Path) -> Any:
    model = build(plan)
    put_weights(model, file)
    return model


def _whole(network: Network) -> Any:
    """Return the network as one model; a head without weights adds none to the backbone's."""
    if not network.head.weights:
        return network.backbone
    return keras.Model(network.backbone.input, network.head(network.backbone.output))


def _configured(file: Path) -> Any:
    """Return the model that a configuration describes, of Keras' own layers and without code."""
    configuration = read_configuration(file)
    kind = keras.Sequential if configuration["class_name"] == "Sequential" else keras.Model
    model = kind.from_config(configuration["config"])
    if not model.built:
        raise InputError(f"{file.name}: it leaves the shape of images open; build it, then save it")
    return model
