"""Writes a network of today as Keras 2 wrote it: a whole file, or a configuration and weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def whole(model, file: Path, policy: str = "float32", scope: str = "") -> Path:
    """Write the configuration, then each layer's weights, into one file."""
    import h5py

    with h5py.File(file, "w") as opened:
        opened.attrs["keras_version"] = b"2.9.0"
        opened.attrs["model_config"] = json.dumps(described(model, policy, scope)).encode()
        _put_layers(opened.create_group("model_weights"), _held(model), scope)
    return file


def sequential(model, file: Path, *, nested: bool) -> Path:
    """Write a Sequential, whose first layer holds the shape of images.

    ``nested``: its first four layers are a model inside it.
    """
    import h5py

    layers = described(model)["config"]["layers"]
    held = _held(model)
    if nested:
        inner = {"name": "backbone", "layers": layers[:4]}
        inner |= {"input_layers": [[layers[0]["name"], 0, 0]]}
        inner |= {"output_layers": [[layers[3]["name"], 0, 0]]}
        first = {"class_name": "Functional", "config": inner, "name": "backbone"}
        weights = [weight for name, each in held[:4] for weight in each]
        weights.sort(key=lambda weight: not weight.trainable)
        listed, held = [first, *layers[4:]], [("backbone", weights), *held[4:]]
    else:
        spread = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "dtype": "float32"}
        layers[1]["config"] |= {
            "batch_input_shape": layers[0]["config"]["batch_input_shape"],
            "depthwise_initializer": {"class_name": "VarianceScaling", "config": spread},
        }
        listed, held = layers[1:], held[1:]
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": listed}}
    with h5py.File(file, "w") as opened:
        opened.attrs["keras_version"] = b"2.9.0"
        opened.attrs["model_config"] = json.dumps(config).encode()
        _put_layers(opened.create_group("model_weights"), held, "")
    return file


def parted(model, weights: Path, configuration: Path) -> Path:
    """Write what ``save_weights`` and ``to_json`` of Keras 2 wrote; return the weights' file."""
    import h5py

    with h5py.File(weights, "w") as opened:
        _put_layers(opened, _held(model), "")
    text = json.dumps({**described(model), "keras_version": "2.2.4", "backend": "tensorflow"})
    configuration.write_text(text)
    return weights


def described(model, policy: str = "float32", scope: str = "") -> dict[str, Any]:
    """Return the configuration; names of layers begin with ``scope``."""
    layers = json.loads(model.to_json())["config"]["layers"]
    first, last = layers[0]["name"], layers[-1]["name"]
    config = {
        "name": "m",
        "layers": [_layer(layer, policy, scope) for layer in layers],
        "input_layers": [[scope + first, 0, 0]],
        "output_layers": [[scope + last, 0, 0]],
    }
    return {"class_name": "Functional", "config": config}


def _held(model) -> list[tuple[str, list[Any]]]:
    """Return each layer's name and weights, those that it learns first."""
    return [
        (layer.name, [*layer.trainable_weights, *layer.non_trainable_weights])
        for layer in model.layers
    ]


def _put_layers(root, held: list[tuple[str, list[Any]]], scope: str) -> None:
    import numpy as np

    root.attrs["layer_names"] = np.array([(scope + name).encode() for name, _ in held])
    root.attrs["keras_version"] = b"2.2.4"
    for layer, weights in held:
        group = root.create_group(scope + layer)
        arrays = {
            f"{scope}{layer}/{place}_{w.name}:0": w.numpy() for place, w in enumerate(weights)
        }
        group.attrs["weight_names"] = np.array([n.encode() for n in arrays], dtype="S60")
        for name, array in arrays.items():
            group[name] = array


def _layer(layer: dict[str, Any], policy: str, scope: str) -> dict[str, Any]:
    """Return what Keras 2 noted of a layer of which Keras 3 notes ``layer``."""
    kind, name = layer["class_name"], scope + layer["name"]
    config = {key: each for key, each in layer["config"].items() if not isinstance(each, dict)}
    config |= {"name": name, "dtype": {"class_name": "Policy", "config": {"name": policy}}}
    if kind == "InputLayer":
        config = {"name": name, "dtype": "float32", "sparse": False, "ragged": False}
        config["batch_input_shape"] = layer["config"]["batch_shape"]
    if kind in ("SeparableConv2D", "DepthwiseConv2D"):
        initializer = {"class_name": "GlorotUniform", "config": {"seed": None}}
        config |= {"groups": 1, "kernel_initializer": initializer, "kernel_constraint": None}
    if kind == "BatchNormalization":
        config["axis"] = [3]
    before = [[scope + found, 0, 0, {}] for found in _taken(layer["inbound_nodes"])]
    inbound = [before] if before else []
    return {"class_name": kind, "config": config, "name": name, "inbound_nodes": inbound}


def _taken(value: Any) -> Iterator[str]:
    """Yield the names of the layers whose outputs a node of Keras 3 takes."""
    if isinstance(value, dict) and "keras_history" in value:
        yield value["keras_history"][0]
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _taken(each)
