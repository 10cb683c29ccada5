"""Keras models that cannot join a run, and what they are refused with; for a process of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.exchange.adding.loaders import open_model

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


def _dense(images):
    import keras

    return keras.layers.Dense(7)(keras.layers.Flatten()(images))


def _refusal(file: Path) -> str:
    try:
        open_model(file)
    except InputError as error:
        return str(error)
    return "it was opened"
