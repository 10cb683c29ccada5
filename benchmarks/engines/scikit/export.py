"""Writes a scikit-learn estimator for other programs; runs in a process of its own."""

from __future__ import annotations

from pathlib import Path

import joblib
from safetensors.numpy import load_file, save_file

from benchmarks.engines.exporting import Card, Copies, FittedModel
from benchmarks.engines.scikit.engine import ScikitLearner
from benchmarks.engines.weights_files import built, described, rebuilt
from models.registry import ModelError

WEIGHTS = "model.safetensors"


def write_safetensors(model: FittedModel, card: Card, file: Path) -> Copies:
    """Write the arrays, and what is to be built for them."""
    metadata = described(model.folder, card)
    save_file(load_file(model.folder / WEIGHTS), file, metadata=metadata)
    description, estimator = rebuilt(file, model.registry)
    estimator.load_arrays(load_file(file))
    loaded = ScikitLearner(estimator, description)
    return Copies(reference=model.predictor.predict, loaded=loaded.predict)


def write_joblib(model: FittedModel, card: Card, file: Path) -> Copies:
    """Pickle the estimator."""
    description, estimator = built(model.folder, model.registry)
    estimator.load_arrays(load_file(model.folder / WEIGHTS))
    try:
        joblib.dump(estimator, file)
    except Exception as error:
        raise ModelError(
            f"joblib cannot pickle {type(estimator).__name__} ({error}); use --format safetensors"
        ) from error
    loaded = ScikitLearner(joblib.load(file), description)
    return Copies(reference=model.predictor.predict, loaded=loaded.predict)
