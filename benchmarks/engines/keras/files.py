"""What an HDF5 file of Keras holds, and the configuration beside one of weights; without Keras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from benchmarks.errors import InputError

Contents = Literal["model", "layers in order", "layers by place"]
LONGEST_CONFIGURATION = 1 << 26
"""Bytes of a ``.json`` file that is looked into."""
CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
"""The group of all layers in ``.weights.h5``: of Keras 3, and of Keras 2.13 to 2.15."""


def contents(file: Path) -> Contents | None:
    """Return what ``file`` holds, whatever its name; ``None`` if that is no HDF5 of Keras.

    Weights alone lie in it as layers in their order (``.h5`` of Keras 2, and of Keras 3 by that
    name) or as layers by their place in the network (``.weights.h5``).
    """
    import h5py

    if not h5py.is_hdf5(file):
        return None
    with h5py.File(file, "r") as opened:
        if "model_config" in opened.attrs:
            return "model"
        if {"layer_names", "layer_names0"} & set(opened.attrs):
            return "layers in order"
        return "layers by place" if any(name in opened for name in CONTAINERS) else None


def configuration_beside(file: Path) -> Path | None:
    """Return the configuration that lies beside a file of weights; ``None`` for a whole model.

    It is the one of the same name (``fer.json`` and ``fer.h5``), or the only one. Raises
    ``InputError`` where there is none or several.
    """
    if contents(file) in (None, "model"):
        return None
    found = [each for each in sorted(file.parent.glob("*.json")) if _is_configuration(each)]
    same_name = [each for each in found if each.stem == file.name.partition(".")[0]]
    chosen = same_name or found
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        names = ", ".join(each.name for each in chosen)
        raise InputError(
            f"{file}: it holds weights only, and beside it lie several architectures ({names}); "
            "name its own with --architecture FILE.json"
        )
    raise InputError(
        f"{file}: it holds weights only, and no model.json lies beside it; write one with "
        "model.to_json(), or name a registered or plug-in architecture with --architecture"
    )


def stored_configuration(file: Path) -> dict[str, Any]:
    """Return what ``Model.to_json`` wrote into ``file``, as it stands there.

    Raises ``OSError`` or ``ValueError`` for what is none.
    """
    if file.stat().st_size > LONGEST_CONFIGURATION:
        raise ValueError("it is too long for a configuration")
    try:
        found = json.loads(file.read_text("utf-8-sig"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict) or not found.keys() >= {"class_name", "config"}:
        raise ValueError("it is no configuration that model.to_json() writes")
    return found


def _is_configuration(file: Path) -> bool:
    try:
        return bool(stored_configuration(file))
    except (OSError, ValueError):
        return False
