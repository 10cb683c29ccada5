"""Files from outside that would touch a marker if anything in them were run.

Every function writes its files into a folder, opens each as ``ferbench add`` does, and returns
what it was refused with.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import pickle
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.engines.opened import Blueprint, Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.loaders import open_model
from models.registry import ModelError

MARKER = "fired"
SIDE = 8
BLUEPRINT = Blueprint(architecture="timm:resnet10t", classes=7, input_size=32, channels=(1,))


class Armed:
    """Touches the marker as soon as it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._code = f"open({str(folder / MARKER)!r}, 'w').close()"

    def __reduce__(self) -> Any:
        return exec, (self._code,)


def torch_files(folder: str) -> dict[str, str]:
    """Pickles as people and attackers name them, and TorchScript."""
    import joblib
    import numpy as np
    import torch

    place, armed = Path(folder), Armed(Path(folder))
    legacy = io.BytesIO()
    torch.save({"w": armed}, legacy, _use_new_zipfile_serialization=False)
    new = io.BytesIO()
    torch.save({"state_dict": {"w": torch.zeros(1)}, "extra": armed}, new)
    packed = io.BytesIO()
    joblib.dump(armed, packed)
    arrays = io.BytesIO()
    np.save(arrays, np.array([armed], object), allow_pickle=True)
    zipped = io.BytesIO()
    np.savez(zipped, w=np.array([armed], object))
    contents = {
        "legacy": legacy.getvalue(),
        "new": new.getvalue(),
        "joblib": packed.getvalue(),
        "npy": arrays.getvalue(),
        "npz": zipped.getvalue(),
        **{f"protocol-{n}": pickle.dumps(armed, protocol=n) for n in range(6)},
    }
    files = []
    for name, content in contents.items():
        for suffix in (".pth", ".pt", ".bin", ".ckpt", ".safetensors"):
            file = place / f"{name}{suffix}"
            file.write_bytes(content)
            files.append(file)
    return _refusals(files, BLUEPRINT)


def keras_files(folder: str) -> dict[str, str]:
    """Layers, losses and functions that Keras' own formats can name."""
    import keras

    place = Path(folder)
    code = f"open({str(place / MARKER)!r}, 'w').close()"
    images = keras.Input((SIDE, SIDE, 1))
    plain = keras.Model(images, keras.layers.Dense(7)(keras.layers.Flatten()(images)))
    plain.save(place / "plain.keras")
    plain.save(place / "plain.h5")
    files = []
    for name, layer in _armed_layers(code).items():
        files += [_keras(place, name, layer), _h5(place, name, layer)]
    for name, function in _armed_functions(code).items():
        files.append(_keras(place, name, None, function))
        files.append(_h5(place, name, None, function))
    pickled = pickle.dumps(Armed(place))
    for name in ("pickle.keras", "pickle.h5", "pickle.hdf5"):
        (place / name).write_bytes(pickled)
        files.append(place / name)
    files.append(_with_member(place, "../../escaped.py", code.encode()))
    files.append(_with_member(place, "assets/__init__.py", code.encode()))
    return _refusals(files, None)


def _armed_layers(code: str) -> dict[str, dict[str, Any]]:
    """Return configurations of layers that hold code, or name what would run some."""
    lambda_code = base64.b64encode(marshal.dumps(compile(code, "x", "exec"))).decode()
    function = {"class_name": "__lambda__", "config": {"code": lambda_code}}

    def layer(name: str, config: dict[str, Any], module: str = "keras.layers") -> dict[str, Any]:
        named = {"name": "evil", "trainable": True, **config}
        return {"module": module, "class_name": name, "config": named, "registered_name": name}

    inner = layer("Lambda", {"function": function})
    return {
        "lambda": inner,
        "lambda-2": layer(
            "Lambda",
            {"function": [lambda_code, None, None], "function_type": "lambda"},
        ),
        "wrapped": layer("TimeDistributed", {"layer": inner}),
        "nested": layer("Sequential", {"layers": [inner]}, "keras"),
        "exec": layer("exec", {"source": code}, "builtins"),
        "system": layer("system", {"command": code}, "os"),
        "torch": layer(
            "TorchModuleWrapper", {"module": base64.b64encode(pickle.dumps(code)).decode()}
        ),
        "activation": layer("Activation", {"activation": {**function, "module": "builtins"}}),
        "initialiser": layer(
            "Dense", {"units": 7, "kernel_initializer": layer("exec", {"x": code}, "builtins")}
        ),
    }


def _armed_functions(code: str) -> dict[str, dict[str, Any]]:
    """Return configurations of whole models that are no layers."""
    return {
        "function": {"class_name": "function", "config": "system", "module": "os"},
        "partial": {"class_name": "partial", "config": {"func": code}, "module": "functools"},
        "fetch": {"class_name": "function", "config": "get_file", "module": "keras.utils"},
        "class": {"class_name": "Popen", "config": {"args": code}, "module": "subprocess"},
    }


def _configuration(text: str, layer: dict[str, Any] | None, instead: dict[str, Any] | None) -> str:
    """Return a model's configuration with ``layer`` for its last, or something ``instead``."""
    found = json.loads(text)
    if instead is not None:
        return json.dumps({"registered_name": None, **instead})
    last = found["config"]["layers"][-1]
    found["config"]["layers"][-1] = {**last, **(layer or {}), "name": last["name"]}
    found["config"]["layers"][-1]["config"]["name"] = last["name"]
    return json.dumps(found)


def _keras(
    place: Path, name: str, layer: dict[str, Any] | None, instead: dict[str, Any] | None = None
) -> Path:
    file = place / f"{name}.keras"
    with zipfile.ZipFile(place / "plain.keras") as plain, zipfile.ZipFile(file, "w") as armed:
        for member in plain.namelist():
            content = plain.read(member)
            if member == "config.json":
                content = _configuration(content.decode(), layer, instead).encode()
            armed.writestr(member, content)
    return file


def _h5(
    place: Path, name: str, layer: dict[str, Any] | None, instead: dict[str, Any] | None = None
) -> Path:
    import h5py

    file = place / f"{name}.h5"
    file.write_bytes((place / "plain.h5").read_bytes())
    with h5py.File(file, "r+") as opened:
        text = str(opened.attrs["model_config"])
        opened.attrs["model_config"] = _configuration(text, layer, instead)
        opened.attrs["training_config"] = json.dumps({"loss": instead or layer})
    return file


def _with_member(place: Path, member: str, content: bytes) -> Path:
    """Return a file of a model that is sound but for a further member."""
    file = place / f"member-{Path(member).stem}.keras"
    file.write_bytes((place / "plain.keras").read_bytes())
    with zipfile.ZipFile(file, "a") as armed:
        armed.writestr(member, content)
    return file


def _refusals(files: Iterable[Path], blueprint: Blueprint | None) -> dict[str, str]:
    return {file.name: _refusal(file, blueprint) for file in files}


def _refusal(file: Path, blueprint: Blueprint | None) -> str:
    try:
        open_model(Source(file=file, blueprint=blueprint))
    except (InputError, ModelError) as error:
        return str(error)
    return "it was opened"
