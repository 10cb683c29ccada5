"""The configuration of a Keras 2 model, put in the words of Keras 3; nothing in it is run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from benchmarks.engines.keras.files import stored_configuration

DEPTHWISE = ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
MEANINGLESS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "SeparableConv1D": DEPTHWISE,
        "SeparableConv2D": DEPTHWISE,
        "DepthwiseConv1D": DEPTHWISE,
        "DepthwiseConv2D": (*DEPTHWISE, "filters"),
        "Conv2DTranspose": ("groups",),
        "Conv1DTranspose": ("groups",),
    }
)
"""What Keras 2 notes of a layer class that inherits it and makes no use of it."""

WRAPPED = ("layer", "backward_layer")
"""The settings of TimeDistributed and Bidirectional that are layers themselves."""


@contextmanager
def translated(file: Path) -> Iterator[Path]:
    """Yield a copy of an HDF5 file with its configuration translated, or ``file`` itself.

    It is ``file`` where that is no HDF5 file, holds no configuration or one of Keras 3.
    """
    import h5py

    configuration = _configuration(file)
    if configuration is None:
        yield file
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        with h5py.File(copy, "r+") as opened:
            del opened.attrs["model_config"]
            opened.attrs["model_config"] = json.dumps(translate(configuration))
        yield copy


def read_configuration(file: Path) -> dict[str, Any]:
    """Return the configuration that ``Model.to_json`` wrote into ``file``, in Keras 3's words.

    Raises ``OSError`` or ``ValueError`` for what is none.
    """
    found = stored_configuration(file)
    by = str(found.get("keras_version", "3" if "module" in found else "2"))
    return found if by.startswith("3") else dict(translate(found))


def translate(configuration: Any) -> Any:
    """Return a model's configuration (JSON values) in the words of Keras 3."""
    slashed = {name: name.replace("/", "_") for name in _layer_names(configuration) if "/" in name}
    return _translate(configuration, slashed)


def _configuration(file: Path) -> Any:
    """Return what a Keras 2 file holds as its configuration; ``None`` for any other file."""
    import h5py

    if not h5py.is_hdf5(file):
        return None
    with h5py.File(file, "r") as opened:
        text, by = opened.attrs.get("model_config"), opened.attrs.get("keras_version", "2")
    if text is None or _text(by).startswith("3"):
        return None
    return json.loads(_text(text))


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _layer_names(value: Any) -> Iterator[str]:
    """Yield the names of all layers, those of models in models too."""
    if isinstance(value, list):
        for each in value:
            yield from _layer_names(each)
    elif isinstance(value, dict):
        if _is_object(value):
            yield from (str(at["name"]) for at in (value, value["config"]) if "name" in at)
        for each in value.values():
            yield from _layer_names(each)


def _is_object(value: Mapping[str, Any]) -> bool:
    return "class_name" in value and isinstance(value.get("config"), dict)


def _translate(value: Any, slashed: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return slashed.get(value, value)
    if isinstance(value, list):
        return [_translate(each, slashed) for each in value]
    if not isinstance(value, dict):
        return value
    if str(value.get("class_name", "")).startswith("Policy"):
        return value["config"]["name"]
    inner = {key: _translate(each, slashed) for key, each in value.items()}
    if inner.get("class_name") == "Sequential":
        return {**inner, "config": _sequence(inner["config"], value["config"])}
    if inner.get("class_name") in ("Functional", "Model") and _is_object(inner):
        return {**inner, "config": _single_ends(inner["config"])}
    return {**inner, "config": _settings(inner)} if _is_object(inner) else inner


def _sequence(config: Any, given: Any) -> dict[str, Any]:
    """Return the ``config`` of a Sequential, which may be a list, with an input layer of its own.

    Keras 2 noted the input's shape in the first layer; Keras 3 takes it there for one image's.
    ``given`` is the same before it was translated.
    """
    named = config if isinstance(config, dict) else {"name": "sequential", "layers": config}
    layers = given["layers"] if isinstance(given, dict) else given
    shape = layers[0]["config"].get("batch_input_shape") if layers else None
    if shape is None or layers[0]["class_name"] == "InputLayer":
        return named
    first = {"name": f"{named['name']}_input", "batch_shape": shape}
    entrance = {"class_name": "InputLayer", "config": first}
    return {**named, "layers": [entrance, *named["layers"]]}


def _single_ends(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``config`` of a functional model; one input or output is no list of one."""
    ends = ("input_layers", "output_layers")
    single = {key: config[key][0] for key in ends if _is_one(config.get(key))}
    return {**config, **single}


def _is_one(ends: Any) -> bool:
    return isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list)


def _settings(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``config`` of a layer without what no longer has a meaning."""
    name, given = layer["class_name"], layer["config"]
    settings = {
        key: _untyped(each) if key.endswith("_initializer") else each
        for key, each in given.items()
        if key not in MEANINGLESS.get(name, ())
    }
    axis = settings.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        settings["axis"] = axis[0]
    for inside in WRAPPED:
        if isinstance(settings.get(inside), dict):
            settings[inside] = {"module": "keras.layers", **settings[inside]}
    shape = settings.pop("batch_input_shape", None)
    if name == "InputLayer" and shape is not None:
        settings["batch_shape"] = shape
    return settings


def _untyped(initializer: Any) -> Any:
    """Return an initializer without the number type that TensorFlow 1's Keras noted in it."""
    if not isinstance(initializer, dict) or not isinstance(initializer.get("config"), dict):
        return initializer
    config = {key: each for key, each in initializer["config"].items() if key != "dtype"}
    return {**initializer, "config": config}
