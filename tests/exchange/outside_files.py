"""Keras models that cannot join a run, and what they are refused with; for a process of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.engines.opened import Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.loaders import open_model
from tests.exchange.keras_2_writer import sequential, whole

SIDE = 24


def write(folder: str) -> str:
    """Write a Keras model of small images that ends before softmax; return its file."""
    import keras

    file = Path(folder) / "linear.h5"
    keras.Model(images := keras.Input((SIDE, SIDE, 1)), _dense(images)).save(file)
    return str(file)


def refusals(folder: str) -> dict[str, str]:
    """Write Keras models that hold code of their own or do another task; return each refusal."""
    import keras

    images = keras.Input((SIDE, SIDE, 1))
    code = keras.Model(images, _dense(keras.layers.Lambda(lambda x: x + 1)(images)))
    vector = keras.Input((40,))
    models = {
        "lambda.keras": code,
        "lambda.h5": code,
        "twins.h5": keras.Model(images, [_dense(images), _dense(images)]),
        "map.h5": keras.Model(images, keras.layers.Conv2D(7, 3)(images)),
        "vector.h5": keras.Model(vector, keras.layers.Dense(7)(vector)),
    }
    for name, model in models.items():
        model.save(Path(folder) / name)
    (Path(folder) / "noise.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    return {name: _refusal(Path(folder) / name) for name in [*models, "noise.h5"]}


def keras_2(folder: str) -> list[list[list[float]]]:
    """Return the answers of a Keras 3 model, and of files of Keras 2 with the same weights."""
    import keras
    import numpy as np

    layers = keras.layers
    images = keras.Input((SIDE, SIDE, 1), name="images")
    x = layers.SeparableConv2D(6, 3, name="separable")(images)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    pooled = layers.GlobalAveragePooling2D(name="pooled")(x)
    model = keras.Model(images, layers.Dense(7, "softmax", name="answers")(pooled))
    model.set_weights([np.random.default_rng(0).random(w.shape) for w in model.get_weights()])
    pixels = np.random.default_rng(1).random((3, SIDE, SIDE, 1), np.float32)
    files = [
        whole(model, Path(folder) / f"{policy}.hdf5", policy, scope="block/")
        for policy in ("float32", "mixed_float16")
    ]
    files += [
        sequential(model, Path(folder) / f"{nested}.h5", nested=nested) for nested in (False, True)
    ]
    answers = [model.predict(pixels, verbose=0)]
    answers += [open_model(Source(file=file)).run(pixels) for file in files]
    return [np.asarray(each, float).tolist() for each in answers]


def _dense(images):
    import keras

    return keras.layers.Dense(7)(keras.layers.Flatten()(images))


def _refusal(file: Path) -> str:
    try:
        open_model(Source(file=file))
    except InputError as error:
        return str(error)
    return "it was opened"
