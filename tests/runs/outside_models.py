"""Models that were made without ferbench; Keras' ones in processes of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

SIDE = 24


def by_heart(images: NDArray[Any], labels: NDArray[Any]) -> LogisticRegression:
    """Learn the answers to ``images``, N×SIDE×SIDE×1 in [0, 1], by heart."""
    model = LogisticRegression(C=10, max_iter=500)
    return model.fit(images.reshape(len(images), -1), labels)


def keras_file(file: str, images: str, labels: str, order: list[int]) -> list[list[float]]:
    """Write a Keras model of small images in [0, 1] whose outputs come in ``order``.

    Return what it answers to ``images``, resized by Keras, with the outputs in that order.
    """
    import keras

    shown = np.load(images).astype(np.float32)
    small = keras.layers.Resizing(SIDE, SIDE)(shown).numpy() / 255
    learned = by_heart(small, np.load(labels))
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(len(order), activation="softmax"),
        ]
    )
    model.set_weights([learned.coef_.T[:, order], learned.intercept_[order]])
    model.compile("adam", "categorical_crossentropy")
    model.save(file)
    return np.asarray(model.predict(small, verbose=0), float).tolist()


def onnx_file(file: Path, images: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Write an ONNX model of one RGB image at a time, 1×3×SIDE×SIDE in [-1, 1], to logits.

    Return the probabilities that it gives for ``images``, N×K, computed without ONNX.
    """
    import cv2
    import onnx
    from onnx import TensorProto, helper

    small = np.stack([cv2.resize(image.astype(np.float32), (SIDE, SIDE)) for image in images])
    learned = by_heart(small / 255, labels)
    kernel = np.concatenate([learned.coef_ / 2 / 3] * 3, axis=1).astype(np.float32)
    bias = (learned.intercept_ + learned.coef_.sum(axis=1) / 2).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["pixels"], ["flat"]),
            helper.make_node("Gemm", ["flat", "kernel", "bias"], ["logits"], transB=1),
        ],
        "linear",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(bias)])],
        [
            onnx.numpy_helper.from_array(kernel, "kernel"),
            onnx.numpy_helper.from_array(bias, "bias"),
        ],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), file
    )
    return np.asarray(learned.predict_proba(small.reshape(len(small), -1) / 255), np.float64)
