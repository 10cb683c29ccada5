"""Writes a scikit-learn estimator for other programs; runs in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
from safetensors.numpy import load_file, save_file

from benchmarks.engines.scikit.engine import ScikitEngine, ScikitLearner
from benchmarks.engines.weights_files import built, described, rebuilt
from models.registry import ModelError, discover


def write(
    fit: str, form: str, file: str, images: str, facts: dict[str, Any], plugins: list[str]
) -> None:
    """Write the model of the folder ``fit`` to ``file`` in the format ``form``.

    Beside it go three arrays of probabilities for ``images``: ``scored.npy`` and
    ``reference.npy`` of the run's own model, and ``loaded.npy`` of the file loaded again.
    """
    shown, folder = np.load(images), Path(file).parent
    registry = discover(Path(plugin) for plugin in plugins)
    scored = ScikitEngine().restore(Path(fit), registry).predict(shown)
    for name in ("scored", "reference"):
        np.save(folder / f"{name}.npy", scored)
    arrays = load_file(Path(fit) / "model.safetensors")
    if form == "safetensors":
        save_file(arrays, file, metadata=described(fit, facts))
        description, estimator = rebuilt(file, registry)
        estimator.load_arrays(load_file(file))
    else:
        description, estimator = built(fit, registry)
        estimator.load_arrays(arrays)
        _dump(estimator, file)
        estimator = joblib.load(file)
    np.save(folder / "loaded.npy", ScikitLearner(estimator, description).predict(shown))


def _dump(estimator: Any, file: str) -> None:
    try:
        joblib.dump(estimator, file)
    except Exception as error:
        raise ModelError(
            f"joblib cannot pickle {type(estimator).__name__} ({error}); use --format safetensors"
        ) from error
