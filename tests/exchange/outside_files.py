"""Keras models that cannot join a run, and what they are refused with; for a process of its own."""

from __future__ import annotations

from itertools import pairwise
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
        _as_keras_2(model, Path(folder) / f"{policy}.hdf5", policy)
        for policy in ("float32", "mixed_float16")
    ]
    files += [_sequence_2(model, Path(folder) / f"{form}.h5", form) for form in ("flat", "nested")]
    answers = [model.predict(pixels, verbose=0)]
    answers += [open_model(file).run(pixels) for file in files]
    return [np.asarray(each, float).tolist() for each in answers]


def _as_keras_2(model, file: Path, policy: str) -> Path:
    """Write ``model`` as Keras 2 wrote it: its configuration, then each layer's weights."""
    names = {layer.name: f"block/{layer.name}" for layer in model.layers}
    config = _functional_2([_layer_2(layer, names, policy) for layer in model.layers])
    return _written_2(file, config, [(names[layer.name], layer.weights) for layer in model.layers])


def _sequence_2(model, file: Path, form: str) -> Path:
    """Write ``model`` as a Sequential of Keras 2, whose first layer holds the input's shape.

    ``nested``: its backbone is a model of its own.
    """
    names = {layer.name: layer.name for layer in model.layers}
    described = [_layer_2(layer, names, "float32") for layer in model.layers]
    shape = described[0]["config"]["batch_input_shape"]
    if form == "flat":
        described[1]["config"]["batch_input_shape"] = shape
        described[1]["config"]["depthwise_initializer"] = {
            "class_name": "VarianceScaling",
            "config": {
                "scale": 1.0,
                "mode": "fan_avg",
                "distribution": "uniform",
                "dtype": "float32",
            },
        }
        weights = [(layer.name, layer.weights) for layer in model.layers[1:]]
        return _written_2(file, _sequential_2(described[1:]), weights)
    backbone = {**_functional_2(described[:4]), "name": "backbone"}
    held = [weight for layer in model.layers[:4] for weight in layer.weights]
    held = [w for w in held if w.trainable] + [w for w in held if not w.trainable]
    weights = [("backbone", held), *((layer.name, layer.weights) for layer in model.layers[4:])]
    return _written_2(file, _sequential_2([backbone, *described[4:]]), weights)


def _functional_2(described: list[dict]) -> dict:
    for before, layer in pairwise(described):
        layer["inbound_nodes"] = [[[before["name"], 0, 0, {}]]]
    config = {"name": "backbone", "layers": described}
    config["input_layers"] = [[described[0]["name"], 0, 0]]
    config["output_layers"] = [[described[-1]["name"], 0, 0]]
    return {"class_name": "Functional", "config": config}


def _sequential_2(described: list[dict]) -> dict:
    return {"class_name": "Sequential", "config": {"name": "m", "layers": described}}


def _written_2(file: Path, config: dict, weights: list) -> Path:
    import json

    import h5py
    import numpy as np

    with h5py.File(file, "w") as opened:
        opened.attrs["keras_version"] = b"2.9.0"
        opened.attrs["model_config"] = json.dumps(config).encode()
        held = opened.create_group("model_weights")
        held.attrs["layer_names"] = np.array([name.encode() for name, _ in weights])
        for name, arrays in weights:
            group = held.create_group(name)
            named = {f"{place}_{w.name}:0": w.numpy() for place, w in enumerate(arrays)}
            group.attrs["weight_names"] = np.array([n.encode() for n in named], dtype="S40")
            for key, array in named.items():
                group[key] = array
    return file


def _layer_2(layer, names: dict[str, str], policy: str) -> dict:
    """Return what Keras 2 noted of a layer."""
    kind, config = type(layer).__name__, layer.get_config()
    config = {key: value for key, value in config.items() if not isinstance(value, dict)}
    config["name"] = names[layer.name]
    config["dtype"] = {"class_name": "Policy", "config": {"name": policy}}
    if kind == "InputLayer":
        config = {"name": names[layer.name], "dtype": "float32", "sparse": False, "ragged": False}
        config["batch_input_shape"] = [None, SIDE, SIDE, 1]
    if kind in ("SeparableConv2D", "DepthwiseConv2D"):
        initializer = {"class_name": "GlorotUniform", "config": {"seed": None}}
        config |= {"groups": 1, "kernel_initializer": initializer, "kernel_constraint": None}
    if kind == "BatchNormalization":
        config["axis"] = [3]
    return {
        "class_name": kind,
        "config": config,
        "name": names[layer.name],
        "inbound_nodes": [],
    }


def _dense(images):
    import keras

    return keras.layers.Dense(7)(keras.layers.Flatten()(images))


def _refusal(file: Path) -> str:
    try:
        open_model(file)
    except InputError as error:
        return str(error)
    return "it was opened"
