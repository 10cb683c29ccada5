"""Writes a Keras model in the formats of other programs; runs in a process of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Images
from benchmarks.engines.exporting import Card, Copies, FittedModel, Predict
from benchmarks.engines.keras.engine import KerasPredictor

OPSET = 18


def write_keras(model: FittedModel, card: Card, file: Path) -> Copies:
    """Copy what the run has saved for Keras 3."""
    return _copied(model, "model.keras", file)


def write_h5(model: FittedModel, card: Card, file: Path) -> Copies:
    """Copy what the run has saved for Keras 2 and others."""
    return _copied(model, "model.h5", file)


def write_tflite(model: FittedModel, card: Card, file: Path) -> Copies:
    """Convert the model in float32."""
    written = in_float32(model.predictor.model)
    written.export(str(file), format="litert", verbose=False)
    return Copies(reference=KerasPredictor(written).predict, loaded=_lite_runtime(str(file)))


def write_onnx(model: FittedModel, card: Card, file: Path) -> Copies:
    """Convert the model's frozen graph in float32 and in inference mode.

    Keras' own ONNX export traces dropout and batch norm of nested models in training mode
    (Keras 3.15 on TensorFlow), and tf2onnx' tracing loses the constants of Normalization.
    """
    import tensorflow as tf
    import tf2onnx
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    written = in_float32(model.predictor.model)
    spec = tf.TensorSpec((None, *card.image_shape), tf.float32, name="images")
    traced = tf.function(lambda images: written(images, training=False), input_signature=[spec])
    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())
    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[tensor.name for tensor in frozen.inputs],
        output_names=[tensor.name for tensor in frozen.outputs],
        opset=OPSET,
        output_path=str(file),
    )
    return Copies(reference=KerasPredictor(written).predict, loaded=None)


def in_float32(model: Any) -> Any:
    """Return a model with the same weights that computes in float32 throughout."""

    def layer_in_float32(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": "float32"})

    twin = keras.models.clone_model(model, clone_function=layer_in_float32, recursive=True)
    twin.set_weights(model.get_weights())
    return twin


def _copied(model: FittedModel, name: str, file: Path) -> Copies:
    shutil.copyfile(model.folder / name, file)
    loaded = KerasPredictor(keras.saving.load_model(file, compile=False))
    return Copies(reference=model.predictor.predict, loaded=loaded.predict)


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
