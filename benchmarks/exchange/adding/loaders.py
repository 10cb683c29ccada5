"""Finished models from outside, opened from their files: ONNX, and what engines open."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.opened import Opened, Source, read_shapes
from benchmarks.engines.registry import load
from benchmarks.errors import InputError
from benchmarks.exchange.adding.openers import opener_of
from models.registry import ModelError

TYPES: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "tensor(float)": np.float32,
        "tensor(float16)": np.float16,
        "tensor(double)": np.float64,
        "tensor(uint8)": np.uint8,
    }
)


def open_model(source: Source) -> Opened:
    """Open a model by the suffix of its file; raises ``InputError`` where that cannot be.

    Nothing that its files hold as code is run: Lambda layers, custom classes and pickled ones
    are refused.
    """
    try:
        opened: Opened = load(opener_of(source.file).target)(source)
        return opened
    except (InputError, ModelError):
        raise
    except Exception as error:
        traceback.print_exc()
        raise InputError(
            f"{(source.configuration or source.file).name}: cannot be opened as a model "
            f"({_reason(error)}); bring its answers with --predictions instead"
        ) from error


def _reason(error: Exception) -> str:
    """Return the first sentence of what went wrong, which Keras tells behind what it was doing."""
    text = str(error).strip().rpartition("Exception encountered: ")[2]
    return text.partition("\n")[0].partition(". ")[0]


def _parts(message: Any) -> Iterator[Any]:
    """Yield a message of protocol buffers and all that are in it, in branches and functions too."""
    yield message
    for field, value in message.ListFields():
        if field.message_type:
            for each in value if isinstance(value, Sequence) else (value,):
                yield from _parts(each)


def _lies_outside(part: Any) -> bool:
    """Tell whether ``part`` of an ONNX model is a tensor whose numbers are in another file."""
    return bool(getattr(part, "external_data", None) or getattr(part, "data_location", 0))


class OnnxModel:
    """A model in ONNX, whole in one file."""

    def __init__(self, source: Source) -> None:
        import onnx
        import onnxruntime

        file = source.file
        model = onnx.load(file, load_external_data=False)
        tensors = model.graph.initializer
        if any(map(_lies_outside, _parts(model))):
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
        self.shapes = read_shapes(file, inputs[0].shape, answers[0].shape)

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
