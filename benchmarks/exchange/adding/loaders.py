"""Finished models from outside, opened from their files: Keras and ONNX."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import InputError

SUFFIXES = (".keras", ".h5", ".hdf5", ".onnx")
TYPES: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "tensor(float)": np.float32,
        "tensor(float16)": np.float16,
        "tensor(double)": np.float64,
        "tensor(uint8)": np.uint8,
    }
)


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """What a model's file says of its input and output; ``None`` where it leaves that open."""

    batch: int | None
    height: int | None
    width: int | None
    channels: int
    channels_first: bool
    outputs: int


class Opened(Protocol):
    """A model that is ready to answer."""

    shapes: Shapes

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs, N×K, for inputs in the model's own layout."""
        ...

    def parameters(self) -> int:
        """Count the weights."""
        ...

    def macs(self) -> int | None:
        """Count the multiply-accumulates of one image, where they can be counted."""
        ...

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that run it."""
        ...


def open_model(file: Path) -> Opened:
    """Open a model by the suffix of its file; raises ``InputError`` where that cannot be.

    Nothing that the file holds as code is run: Lambda layers and custom classes are refused.
    """
    opener = OnnxModel if file.suffix == ".onnx" else KerasModel
    try:
        return opener(file)
    except InputError:
        raise
    except Exception as error:
        traceback.print_exc()
        first = str(error).strip().partition("\n")[0].partition(". ")[0][:200]
        raise InputError(
            f"{file.name}: cannot be opened as a model ({first}); bring its answers with "
            "--predictions instead"
        ) from error


class KerasModel:
    """A whole Keras model: ``.keras``, ``.h5``, or Keras 2's ``.hdf5``."""

    def __init__(self, file: Path) -> None:
        import keras

        self._model = keras.saving.load_model(file, compile=False, safe_mode=True)
        if len(self._model.inputs) != 1 or len(self._model.outputs) != 1:
            raise InputError(f"{file.name}: a model of one input and one output is needed")
        self.shapes = _shapes(file, self._model.input_shape, self._model.output_shape)

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs in inference mode."""
        return np.asarray(self._model.predict_on_batch(batch))

    def parameters(self) -> int:
        """Count all weights, running statistics too."""
        return int(self._model.count_params())

    def macs(self) -> int | None:
        """Count the multiply-accumulates of one image; its sizes must be fixed."""
        from benchmarks.engines.keras.backend import count_macs

        return count_macs(self._model) if None not in self._model.input_shape[1:] else None

    def versions(self) -> dict[str, str]:
        """Return the versions of Keras and its backend."""
        import keras

        names = ("keras", keras.backend.backend())
        return {name: version(name) for name in names}


class OnnxModel:
    """A model in ONNX, whole in one file."""

    def __init__(self, file: Path) -> None:
        import onnx
        import onnxruntime

        model = onnx.load(file, load_external_data=False)
        tensors = model.graph.initializer
        if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors):
            raise InputError(
                f"{file.name}: its weights lie in other files; "
                "save it as one with onnx.save(onnx.load(FILE), ONE_FILE)"
            )
        self._parameters = sum(int(np.prod(tensor.dims)) for tensor in tensors)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        inputs, answers = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(answers) != 1:
            raise InputError(f"{file.name}: a model of one input and one output is needed")
        if inputs[0].type not in TYPES:
            raise InputError(f"{file.name}: its input is {inputs[0].type}; images are needed")
        self._input, self._type = inputs[0].name, TYPES[inputs[0].type]
        self.shapes = _shapes(file, inputs[0].shape, answers[0].shape)

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""
        return np.asarray(self._session.run(None, {self._input: batch.astype(self._type)})[0])

    def parameters(self) -> int:
        """Count the numbers in all constants, running statistics too."""
        return self._parameters

    def macs(self) -> int | None:
        """Return ``None``: ONNX does not tell."""
        return None

    def versions(self) -> dict[str, str]:
        """Return the version of the runtime."""
        return {"onnxruntime": version("onnxruntime")}


def _shapes(file: Path, inputs: Any, answers: Any) -> Shapes:
    """Return the shapes; raises ``InputError`` unless images go in and one row each comes out."""
    taken = [size if isinstance(size, int) else None for size in inputs]
    given = [size if isinstance(size, int) else None for size in answers]
    last, first = (len(taken) == 4 and taken[place] in (1, 3) for place in (3, 1))
    if last == first:
        raise InputError(
            f"{file.name}: its input {tuple(taken)} is no batch of images with 1 or 3 channels"
        )
    classes = [size for size in given[1:] if size != 1]
    if len(classes) != 1 or classes[0] is None:
        raise InputError(f"{file.name}: its output {tuple(given)} is no row of classes an image")
    height, width, channels = taken[1:] if last else [*taken[2:], taken[1]]
    assert channels is not None
    return Shapes(
        batch=taken[0],
        height=height,
        width=width,
        channels=channels,
        channels_first=not last,
        outputs=classes[0],
    )
