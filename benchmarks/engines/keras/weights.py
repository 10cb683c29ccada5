"""Weights of a file put into a Keras model by Keras, once each layer was found to fit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.engines.keras.files import CONTAINERS, Contents, contents
from benchmarks.engines.opened import Misfit, shaped
from benchmarks.errors import InputError
from models.keras_files import names_by_place, names_in

Shapes = list[tuple[int, ...]]
NAMES: Mapping[Contents, str] = MappingProxyType(
    {"model": "w.h5", "layers in order": "w.h5", "layers by place": "w.weights.h5"}
)
"""What a file must be called for Keras to know how its weights lie in it."""
REMEDY = "give the architecture that these weights were saved from"


def put_weights(model: Any, file: Path) -> None:
    """Put the weights in the HDF5 ``file`` into ``model``, all of them into all of it.

    Layers are taken by name where the file names the same ones, as two layers of one depth may
    come in either order; else by their place. Raises ``InputError`` for a file of another kind
    and `Misfit` naming the first layer that does not fit.
    """
    held = contents(file)
    if held is None:
        raise InputError(f"{file.name}: it is no file of Keras weights; give a .h5 of them")
    layers = [layer for layer in model.layers if layer.weights]
    names = [layer.name for layer in layers]
    stored = _by_place(file, model) if held == "layers by place" else list(_in_order(file))
    by_name = held != "layers by place" and sorted(names) == sorted(name for name, _ in stored)
    if by_name:
        stored.sort(key=lambda each: names.index(each[0]))
    _refuse_misfit(file, layers, stored)
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / NAMES[held]
        named.symlink_to(file.resolve())
        try:
            model.load_weights(named, by_name=by_name or None)
        except ValueError as error:
            reason = " ".join(str(error).split())[:200]
            raise Misfit(f"{file.name}: does not fit ({reason}); {REMEDY}", len(layers)) from error


def _refuse_misfit(file: Path, layers: Sequence[Any], stored: Sequence[tuple[str, Shapes]]) -> None:
    """Raise `Misfit` at the first layer whose tensors are not those of its counterpart."""
    for place, (layer, given) in enumerate(zip_longest(layers, stored)):
        if layer is None:
            said = f"its layer {given[0]!r} has no place in the architecture"
        elif given is None or not given[1]:
            said = f"the weights of layer {_named(layer)} are missing"
        elif sorted(_shapes(layer)) != sorted(given[1]):
            said = (
                f"layer {_named(layer)} has weights of {_listed(_shapes(layer))}, "
                f"the file's {given[0]!r} of {_listed(given[1])}"
            )
        else:
            continue
        raise Misfit(f"{file.name}: does not fit: {said}; {REMEDY}", place)


def _in_order(file: Path) -> Iterator[tuple[str, Shapes]]:
    """Yield the layers that have weights as Keras 2 lists them."""
    import h5py

    with h5py.File(file, "r") as opened:
        root = opened.get("model_weights", opened)
        for name in names_in(root, "layer_names"):
            shapes = [root[name][weight].shape for weight in names_in(root[name], "weight_names")]
            if shapes:
                yield name, shapes


def _by_place(file: Path, model: Any) -> list[tuple[str, Shapes]]:
    """Return the layers where Keras 3 looks for those of ``model`` that have weights, then others.

    Keras itself does not mind what lies in the file beyond.
    """
    import h5py

    stored: dict[str, Shapes] = {}

    def visit(path: str, found: Any) -> None:
        container, _, rest = path.partition("/")
        if container in CONTAINERS and isinstance(found, h5py.Dataset) and found.dtype.kind == "f":
            stored.setdefault(rest.partition("/")[0], []).append(found.shape)

    with h5py.File(file, "r") as opened:
        opened.visititems(visit)
    places = names_by_place([(layer.name, type(layer).__name__) for layer in model.layers])
    places = {name: place for place, name in places.items()}
    wanted = [places[layer.name] for layer in model.layers if layer.weights]
    others = [place for place in stored if place not in wanted]
    return [(place, stored.get(place, [])) for place in (*wanted, *others)]


def _shapes(layer: Any) -> Shapes:
    return [tuple(weight.shape) for weight in layer.weights]


def _named(layer: Any) -> str:
    return f"{layer.name!r} ({type(layer).__name__})"


def _listed(shapes: Shapes) -> str:
    return ", ".join(shaped(shape) for shape in shapes)
