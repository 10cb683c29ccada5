"""Whole Keras models of somebody else's."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.keras.backend import count_macs
from benchmarks.engines.keras.keras_2 import translated
from benchmarks.engines.opened import read_shapes
from benchmarks.errors import InputError


class KerasModel:
    """A whole Keras model: ``.keras``, ``.h5``, or Keras 2's ``.hdf5``."""

    def __init__(self, file: Path) -> None:
        with translated(file) as readable:
            self._model = keras.saving.load_model(readable, compile=False, safe_mode=True)
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
