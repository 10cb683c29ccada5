"""The layers in Keras' HDF5 files, read with h5py alone.

Three layouts: ``.weights.h5`` of Keras 3 (``layers/conv2d_1/vars/0``), weights of Keras 2
(attributes ``layer_names`` and ``weight_names``), and a whole model (the latter under
``model_weights``). In each, a backbone may be the whole file or a layer of a larger model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LayerWeights = list[NDArray[np.float32]]
Layers = dict[str, LayerWeights]


def find_layers(file: Path, wanted: Sequence[tuple[str, str]]) -> Mapping[str, LayerWeights]:
    """Return the tensors of each layer in ``file``, under the names in ``wanted`` for those.

    ``wanted`` lists (name, class name) of the layers with weights, in the network's order.
    Layers are taken by name; where the file has other names, by their place: among all layers
    (Keras 2), among those of their class (Keras 3).
    Raises ``OSError``, ``KeyError``, ``ValueError`` or ``TypeError`` for what is no such file.
    """
    import h5py

    names = [name for name, _ in wanted]
    with h5py.File(file, "r") as opened:
        root = opened.get("model_weights", opened)
        if names_in(root, "layer_names"):
            candidates = list(_keras_2(root, names))
        else:
            candidates = list(_keras_3(opened, wanted))
    complete = (found for found in candidates if all(name in found for name in names))
    return next(complete, candidates[0])


def _keras_2(root: Any, names: Sequence[str]) -> Iterator[Layers]:
    """Yield the layers by their own names, then in order under ``names``."""
    layers: Layers = {}
    for group in names_in(root, "layer_names"):
        for weight in names_in(root[group], "weight_names"):
            layers.setdefault(_owner(root[group], group, weight), []).append(
                _read(root[group][weight], root)
            )
    yield layers
    in_order = [*names, *list(layers)[len(names) :]]
    yield dict(zip(in_order, layers.values(), strict=False))


def _owner(group: Any, name: str, weight: str) -> str:
    """Return the layer that ``weight`` belongs to: the group, or a layer of the model it holds."""
    owners = {other.rpartition("/")[0] for other in names_in(group, "weight_names")}
    return name if len(owners) == 1 else weight.rpartition("/")[0].rpartition("/")[2]


def names_in(group: Any, name: str) -> list[str]:
    """Return a list of names, which Keras splits (``name0``, ``name1``) when it is long."""
    parts = [name] if name in group.attrs else []
    parts += [f"{name}{part}" for part in range(len(group.attrs)) if f"{name}{part}" in group.attrs]
    values = (value for part in parts for value in group.attrs[part])
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def _keras_3(opened: Any, wanted: Sequence[tuple[str, str]]) -> Iterator[Layers]:
    """Yield the layers by the names noted in the file, then those of each container by place."""
    named: Layers = {}
    containers: dict[str, Layers] = {}
    for path, arrays in _by_path(opened).items():
        container, _, place = path.rpartition("/")
        containers.setdefault(container, {})[place] = arrays
        named.setdefault(str(opened[path]["vars"].attrs.get("name", "")), arrays)
    yield named
    names = names_by_place(wanted)
    for layers in containers.values():
        yield {names.get(place, place): arrays for place, arrays in layers.items()}


def layers_by_path(file: Path) -> Layers:
    """Return the tensors of each layer in a ``.weights.h5`` of Keras 3, by its path there.

    Raises as `find_layers` does.
    """
    import h5py

    with h5py.File(file, "r") as opened:
        return _by_path(opened)


def _by_path(opened: Any) -> Layers:
    layers: Layers = {}

    def visit(path: str, group: Any) -> None:
        owner, _, last = path.rpartition("/")
        if last == "vars" and len(group):
            layers[owner] = [_read(group[str(index)], opened) for index in range(len(group))]

    opened.visititems(visit)
    return layers


def names_by_place(wanted: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return each layer's name by Keras 3's word for its place: ``conv2d``, ``conv2d_1``, …."""
    seen: Counter[str] = Counter()
    names = {}
    for name, class_name in wanted:
        snake = re.sub(
            r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)
        )
        snake = snake.lower()
        names[f"{snake}_{seen[snake]}" if seen[snake] else snake] = name
        seen[snake] += 1
    return names


def _read(dataset: Any, root: Any) -> NDArray[np.float32]:
    """Return an array of floats; raises ``ValueError`` for one that lies in another file."""
    elsewhere = (
        dataset.is_virtual or dataset.external or dataset.file.filename != root.file.filename
    )
    if elsewhere or dataset.dtype.kind != "f":
        raise ValueError(f"{dataset.name} is not an array of floats within the file")
    return np.asarray(dataset, dtype=np.float32)
