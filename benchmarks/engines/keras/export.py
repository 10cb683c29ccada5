"""Writes a Keras model in the formats of other programs; runs in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.keras.engine import KerasPredictor

Images = NDArray[np.uint8]
Predict = Callable[[Images], NDArray[Any]]
OPSET = 18


def write(
    fit: str, form: str, file: str, images: str, facts: dict[str, Any], plugins: list[str]
) -> None:
    """Write the model of the folder ``fit`` to ``file`` in the format ``form``.

    Beside it go three arrays of probabilities for ``images``: ``scored.npy`` of the run's own
    model, ``reference.npy`` of the same in the file's precision, and ``loaded.npy`` of the file
    loaded again (for ONNX, which another process loads, it does not).
    """
    shown, folder = np.load(images), Path(file).parent
    own = keras.saving.load_model(Path(fit) / "model.keras", compile=False)
    np.save(folder / "scored.npy", KerasPredictor(own).predict(shown))
    written = own if form in COPIED else in_float32(own)
    np.save(folder / "reference.npy", KerasPredictor(written).predict(shown))
    if form in COPIED:
        shutil.copyfile(Path(fit) / COPIED[form], file)
        loaded: Predict = KerasPredictor(keras.saving.load_model(file, compile=False)).predict
    elif form == "onnx":
        return _write_onnx(written, file)
    else:
        written.export(file, format="litert", verbose=False)
        loaded = _lite_runtime(file)
    np.save(folder / "loaded.npy", loaded(shown))
    return None


COPIED = {"keras": "model.keras", "h5": "model.h5"}


def in_float32(model: Any) -> Any:
    """Return a model with the same weights that computes in float32 throughout."""

    def layer_in_float32(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": "float32"})

    twin = keras.models.clone_model(model, clone_function=layer_in_float32, recursive=True)
    twin.set_weights(model.get_weights())
    return twin


def _write_onnx(model: Any, file: str) -> None:
    """Convert the frozen graph of ``model`` in inference mode.

    Keras' own ONNX export traces dropout and batch norm of nested models in training mode
    (Keras 3.15 on TensorFlow), and tf2onnx' tracing loses the constants of Normalization.
    """
    import tensorflow as tf
    import tf2onnx
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="images")
    traced = tf.function(lambda images: model(images, training=False), input_signature=[spec])
    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())
    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[tensor.name for tensor in frozen.inputs],
        output_names=[tensor.name for tensor in frozen.outputs],
        opset=OPSET,
        output_path=file,
    )


def _lite_runtime(file: str) -> Predict:
    import tensorflow as tf

    runtime = tf.lite.Interpreter(file)
    place, answer = runtime.get_input_details()[0]["index"], runtime.get_output_details()[0]

    def predict(images: Images) -> NDArray[Any]:
        runtime.resize_tensor_input(place, images.shape)
        runtime.allocate_tensors()
        runtime.set_tensor(place, images.astype(np.float32))
        runtime.invoke()
        return np.asarray(runtime.get_tensor(answer["index"]))

    return predict
