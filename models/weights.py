"""Backbone weights in files: writing ours, and reading ours, Keras' and timm's.

A file is read as arrays only (safetensors, HDF5), never as something that can run code, and
nothing is put into a network before every tensor was found in the right shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.files import replacing
from models.keras_files import LayerWeights, find_layers
from models.registry import EngineName, ModelError

Tensors = dict[str, Any]
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "keras": (".safetensors", ".h5", ".hdf5"),
    "torch": (".safetensors",),
    "scikit-learn": (),
}
HEAD = ("head", "logits")  # our heads: the only convolutions a Keras file may hold beyond
TORCH_WRAPPER = "network."  # what a timm network is called inside its backbone
WHOLE = ("backbone.", "head.")  # how the names in a whole torch model of ours begin
NORMALISATION = ("normalise.mean", "normalise.deviation")  # how a timm backbone scales images
NEEDLESS = ("num_batches_tracked", *NORMALISATION)  # a file may lack them: unread, or as timm says


def save_backbone(backbone: Any, file: Path, engine: EngineName) -> None:
    """Write the weights of ``backbone`` to the ``.safetensors`` ``file``, atomically.

    Keras' tensors are named by place and path (``0003/conv2/bias``), torch's as in
    ``state_dict``. The metadata, one entry so that equal weights make equal files, names the
    engine and, for Keras, the backbone.
    """
    metadata = {"backbone": f"{engine} {getattr(backbone, 'name', '')}".strip()}
    with replacing(file) as beside:
        if engine == "keras":
            from safetensors.numpy import save_file as save_arrays

            arrays = {name: _array(variable) for name, variable in _keras_names(backbone).items()}
            save_arrays(arrays, beside, metadata)
        else:
            from safetensors.torch import save_file as save_tensors

            state = backbone.state_dict()
            tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
            save_tensors(tensors, beside, metadata)


def load_backbone(backbone: Any, file: Path, engine: EngineName) -> None:
    """Put the weights in ``file`` into ``backbone``.

    Keras takes what `save_backbone` wrote, ``.weights.h5`` of Keras 3, and ``.h5`` of Keras 2
    or a whole model; torch takes what `save_backbone` wrote, a whole ``model.safetensors`` of
    ferbench, and timm's ``.safetensors``. A classifier in the file is left out. Raises
    ``ModelError`` naming the first tensor that is missing, has another shape or is one too many;
    the backbone is then as it was.
    """
    allowed = SUFFIXES[engine]
    if file.suffix not in allowed:
        kinds = ", ".join(allowed) or "no weights"
        raise ModelError(f"{file}: a {engine} network takes {kinds}; convert the file first")
    if not file.is_file():
        raise ModelError(f"{file}: no such file of weights; correct the path")
    if engine == "torch":
        _load_torch(backbone, file)
    elif file.suffix == ".safetensors":
        _load_keras_export(backbone, file)
    else:
        _load_keras_hdf5(backbone, file)


def _load_torch(backbone: Any, file: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        stored = load_file(file)
    except (SafetensorError, OSError) as error:
        raise _unreadable(file, error) from error
    put_torch(backbone, _torch_names(backbone.state_dict(), stored), file)


def put_torch(backbone: Any, stored: Tensors, file: Path) -> None:
    """Put the tensors ``stored`` in ``file`` into ``backbone`` by its names, as `load_backbone`."""
    import torch

    found = dict(stored)
    wanted = {
        name: tensor
        for name, tensor in backbone.state_dict().items()
        if name in found or not name.endswith(NEEDLESS)
    }
    for name, tensor in wanted.items():
        value = found[name] = _as_grey(_get(found, name, file), tuple(tensor.shape))
        _check_shape(name, tuple(value.shape), tuple(tensor.shape), file)
    others = [name for name in found if name not in wanted]
    _refuse_others([name for name in others if not name.startswith(_classifier(backbone))], file)
    with torch.no_grad():
        for name, tensor in wanted.items():
            tensor.copy_(found[name])


def _torch_names(wanted: Tensors, stored: Tensors) -> Tensors:
    """Return ``stored`` under the names of ``wanted``; timm's own files lack our wrapper.

    Of a whole model of ferbench it is the backbone.
    """
    if any(name in stored for name in wanted):
        return dict(stored)
    if all(name.startswith(WHOLE) for name in stored):
        backbone, _ = WHOLE
        parts = ((name.partition(backbone), tensor) for name, tensor in stored.items())
        return {name: tensor for (before, found, name), tensor in parts if found and not before}
    return {TORCH_WRAPPER + name: tensor for name, tensor in stored.items()}


def _classifier(backbone: Any) -> tuple[str, ...]:
    """Return how the names of a timm network's classifier begin, which its backbone lacks."""
    published = getattr(getattr(backbone, "network", None), "pretrained_cfg", {})
    names = published.get("classifier") or ()
    return tuple(TORCH_WRAPPER + name for name in ([names] if isinstance(names, str) else names))


def _as_grey(value: Any, shape: tuple[int, ...]) -> Any:
    """Return what is for RGB as it is for grey, where ``shape`` is that.

    A first convolution's filters are summed, as timm does; a normalisation is averaged.
    """
    if (tuple(value.shape), shape) == ((3,), (1,)):
        return value.mean(dim=0, keepdim=True)
    if len(shape) == 4 and tuple(value.shape) == (shape[0], 3, *shape[2:]) and shape[1] == 1:
        return value.float().sum(dim=1, keepdim=True)
    return value


def _load_keras_export(backbone: Any, file: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        stored = load_file(file)
    except (SafetensorError, OSError, KeyError) as error:
        raise _unreadable(file, error) from error
    wanted = _keras_names(backbone)
    for name, variable in wanted.items():
        _check_shape(name, _get(stored, name, file).shape, tuple(variable.shape), file)
    _refuse_others(stored.keys() - wanted.keys(), file)
    for name, variable in wanted.items():
        variable.assign(stored[name])


def _load_keras_hdf5(backbone: Any, file: Path) -> None:
    layers = [layer for layer in backbone.layers if layer.weights]
    try:
        stored = find_layers(file, [(layer.name, type(layer).__name__) for layer in layers])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise _unreadable(file, error) from error
    put_keras(backbone, stored, file)


def put_keras(backbone: Any, stored: Mapping[str, LayerWeights], file: Path) -> None:
    """Put the tensors ``stored`` in ``file`` into the layers of ``backbone``, by their names."""
    layers = [layer for layer in backbone.layers if layer.weights]
    pairs: list[tuple[Any, NDArray[np.float32]]] = []
    for layer in layers:
        arrays = _get(stored, layer.name, file)
        if len(arrays) != len(layer.weights):
            raise ModelError(
                f"{file}: layer {layer.name!r} has {len(arrays)} tensors, "
                f"the network's has {len(layer.weights)}; give this architecture's weights"
            )
        for variable, array in zip(layer.weights, arrays, strict=True):
            _check_shape(variable.path, array.shape, tuple(variable.shape), file)
            pairs.append((variable, array))
    others = [
        name
        for name in stored.keys() - {*HEAD, *(layer.name for layer in layers)}
        if any(array.ndim > 2 for array in stored[name])
    ]
    _refuse_others(others, file)
    for variable, array in pairs:
        variable.assign(array)


def _keras_names(backbone: Any) -> Tensors:
    return {f"{place:04d}/{v.path}": v for place, v in enumerate(backbone.weights)}


def _array(variable: Any) -> NDArray[Any]:
    import keras

    return np.ascontiguousarray(keras.ops.convert_to_numpy(variable))


def _get(stored: Mapping[str, Any], name: str, file: Path) -> Any:
    if name not in stored:
        raise ModelError(f"{file}: {name!r} is missing; give this architecture's weights")
    return stored[name]


def _refuse_others(names: Iterable[str], file: Path) -> None:
    """Raise ``ModelError`` if there are ``names``: VGG19 holds all of VGG16, and is not it."""
    for name in sorted(names):
        raise ModelError(
            f"{file}: {name!r} has no place in the network; give this architecture's weights"
        )


def _check_shape(name: str, stored: tuple[int, ...], own: tuple[int, ...], file: Path) -> None:
    if stored != own:
        raise ModelError(
            f"{file}: {name!r} has shape {stored}, the network's has {own}; "
            "give this architecture's weights"
        )


def _unreadable(file: Path, error: Exception) -> ModelError:
    reason = " ".join(str(error).split())[:120]
    return ModelError(f"{file}: not readable as weights ({reason}); give another file")
