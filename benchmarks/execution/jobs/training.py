"""The cells that train: a rung of a trial, a pre-training on the source, a final fit."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.engines.contract import Engine, InitialWeights, Task
from benchmarks.execution.jobs.job import Job
from benchmarks.store.files import now, replacing_folder, write_json
from benchmarks.store.writing import FIT, write_fit, write_history
from benchmarks.training.checkpoint import EpochRecord
from benchmarks.training.loop import Course, Examples, TrainingData, TrainingOutcome, train
from datasets.cache import cache_folder
from models.registry import Architecture, Recipe, Registry, discover

Result = dict[str, Any]
Tell = Callable[[dict[str, Any]], None]


def trial(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Train one trial up to the end of a rung."""
    started = time.perf_counter()
    outcome = _train(cell, engine, tell)
    return answered(
        cell,
        {
            "value": outcome.best_value,
            "best_epoch": outcome.best_epoch,
            "images_seen": outcome.images_seen,
            "seconds": time.perf_counter() - started,
        },
    )


def pretrain(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Train on the source data set and keep the backbone."""
    started = time.perf_counter()
    outcome = _train(cell, engine, tell)
    with replacing_folder(Path(cell.output).parent) as folder:
        outcome.learner.save_backbone(folder / "backbone.safetensors")
        result = {
            "key": cell.key,
            "source_accuracy": outcome.history[outcome.best_epoch - 1].validation_accuracy,
            "images_seen": outcome.images_seen,
            "seconds": time.perf_counter() - started,
        }
        write_json(folder / Path(cell.output).name, result)
    return result


def fit(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Train a final model and write it with its history; the test set stays shut."""
    started, began = time.perf_counter(), now()
    outcome = _train(cell, engine, tell)
    seconds = time.perf_counter() - started
    with replacing_folder(Path(cell.output).parent) as folder:
        files = outcome.learner.save(folder)
        if cell.engine != "scikit-learn":
            outcome.learner.save_backbone(folder / "backbone.safetensors")
        write_history(folder, _history(outcome.history))
        result = {
            "key": cell.key,
            "variant": cell.variant,
            "seed": cell.seed,
            "hyperparameters": cell.facts["hyperparameters"],
            "recipe": cell.recipe,
            "epochs_run": len(outcome.history),
            "best_epoch": outcome.best_epoch,
            "validation": outcome.best_value,
            "images_seen": outcome.images_seen,
            "stopped": "early stopping" if outcome.stopped else "budget",
            "train_seconds": seconds,
            "peak_memory_mb": peak_memory_mb(),
            "precision": engine.conditions().get("precision", cell.precision),
            "threads": cell.threads,
            "device": cell.facts["device"],
            "identity": cell.facts["identity"],
            "versions": dict(engine.versions()),
            "model_files": files,
            "started": began,
            "finished": now(),
        }
        write_fit(folder, FIT.validate_python(result))
    return result


def _train(cell: Job, engine: Engine, tell: Tell) -> TrainingOutcome:
    course = Course(
        recipe=Recipe(**cell.recipe),
        strategy=cell.strategy,
        augmentation=cell.augmentation,  # type: ignore[arg-type]
        epochs=cell.epochs,
        until=cell.until,
        protocol_seed=cell.protocol_seed,
        fit_seed=cell.seed,
        metric=cell.selection,  # type: ignore[arg-type]
    )
    return train(
        engine,
        architecture(cell),
        task(cell),
        _training_data(cell),
        course,
        initial(cell),
        checkpoint=Path(cell.checkpoint) if cell.checkpoint else None,
        feature_cache=cache_folder() / "features",
        on_epoch=lambda record: tell(dataclasses.asdict(record)),
    )


def _training_data(cell: Job) -> TrainingData:
    return TrainingData(train=examples(cell, "train"), validation=examples(cell, "validation"))


def examples(cell: Job, split: str) -> Examples:
    """Return a split of the training pack, images memory-mapped."""
    pack = Path(cell.training)
    return Examples(
        images=np.load(pack / f"{split}-images.npy", mmap_mode="r"),
        labels=np.load(pack / f"{split}-labels.npy"),
    )


def architecture(cell: Job) -> Architecture:
    """Return the architecture that ``cell`` names."""
    return registry(cell)[cell.architecture]


def registry(cell: Job) -> Registry:
    """Return every model that ``cell`` may name, its plugins' too."""
    return discover(Path(plugin) for plugin in cell.plugins)


def task(cell: Job) -> Task:
    """Return what the network of ``cell`` has to do."""
    return Task(
        classes=len(cell.class_names),
        image_shape=cell.image_shape,
        input_size=cell.input_size,
        seed=cell.seed,
    )


def initial(cell: Job) -> InitialWeights:
    """Return where the backbone of ``cell`` starts."""
    file = Path(cell.initial_file) if cell.initial_file else None
    return InitialWeights(kind=cell.initial, file=file)  # type: ignore[arg-type]


def answered(cell: Job, content: Result) -> Result:
    """Write ``content`` under the key of ``cell`` and return both."""
    result = {"key": cell.key, **content}
    write_json(Path(cell.output), result)
    return result


def _history(records: Sequence[EpochRecord]) -> pd.DataFrame:
    return pd.DataFrame([dataclasses.asdict(record) for record in records])


def peak_memory_mb() -> float:
    """Return the most memory that this process has held, in MiB.

    On Linux it is VmHWM: ``ru_maxrss`` would begin with what the starting process held.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
