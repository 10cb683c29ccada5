"""One cell: load, train or score, write, and answer with what came out."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.plan import Cell
from benchmarks.speed import measure_speed
from benchmarks.store import append_line, now, replacing_folder, write_json, write_table
from benchmarks.timing import timed
from benchmarks.training.checkpoint import EpochRecord
from benchmarks.training.contract import Engine, InitialWeights, Predictor, Task
from benchmarks.training.loop import Course, Examples, Outcome, TrainingData, train
from datasets.cache import cache_folder
from models.registry import Architecture, Recipe, Registry, discover

Result = dict[str, Any]
Tell = Callable[[dict[str, Any]], None]
BATCH = 64


def carry_out(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Do what ``cell`` asks with ``engine``; ``tell`` is called with each epoch's record.

    The result is written to ``cell.output`` before it is returned, so that a kill loses nothing
    that is finished.
    """
    engine.prepare(threads=cell.threads, precision=cell.precision, seed=cell.seed)  # type: ignore[arg-type]
    return _KINDS[cell.kind](cell, engine, tell)


def _weights(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Find out whether the initial weights can be had."""
    engine.learner(_architecture(cell), _task(cell), Recipe(**cell.recipe), _initial(cell))
    return _answered(cell, {})


def _trial(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Train one trial up to the end of a rung."""
    started = time.perf_counter()
    outcome = _train(cell, engine, tell)
    return _answered(
        cell,
        {
            "value": outcome.best_value,
            "best_epoch": outcome.best_epoch,
            "images_seen": outcome.images_seen,
            "seconds": time.perf_counter() - started,
        },
    )


def _pretrain(cell: Cell, engine: Engine, tell: Tell) -> Result:
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


def _fit(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Train a final model and write it with its history; the test set stays shut."""
    started, began = time.perf_counter(), now()
    outcome = _train(cell, engine, tell)
    seconds = time.perf_counter() - started
    with replacing_folder(Path(cell.output).parent) as folder:
        files = outcome.learner.save(folder)
        if cell.engine != "scikit-learn":
            outcome.learner.save_backbone(folder / "backbone.safetensors")
        _history(outcome.history).to_csv(folder / "history.csv", index=False)
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
            "peak_memory_mb": _peak_memory_mb(),
            "precision": engine.conditions().get("precision", cell.precision),
            "threads": cell.threads,
            "device": cell.facts["device"],
            "identity": cell.facts["identity"],
            "versions": dict(engine.versions()),
            "model_files": files,
            "started": began,
            "finished": now(),
        }
        write_json(folder / "fit.json", result)
    return result


def _score(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Predict validation and test with a frozen fit; this opens the test set, and says so."""
    assert cell.sealed is not None and cell.ledger is not None
    fit = Path(cell.output).parent
    model = engine.restore(fit, _registry(cell))
    facts = {"variant": cell.variant, "seed": cell.seed, "key": cell.facts["fit_key"]}
    append_line(
        Path(cell.ledger), {"event": "test-opened", "time": now(), **facts, "purpose": "score"}
    )
    splits = pd.read_parquet(cell.facts["splits"], columns=["row", "image_id", "label", "split"])
    parts = []
    for split, pack in (("validation", cell.training), ("test", cell.sealed)):
        images = np.load(Path(pack) / f"{split}-images.npy", mmap_mode="r")
        table = splits[splits["split"] == split].reset_index(drop=True)
        probabilities = model.predict(images)
        columns = {f"p_{c}": probabilities[:, k] for k, c in enumerate(cell.class_names)}
        parts.append(pd.concat([table, pd.DataFrame(columns)], axis=1))
    predictions = pd.concat(parts, ignore_index=True)
    predictions.attrs = {"key": cell.key}
    write_table(Path(cell.output), predictions)
    return {"key": cell.key}


def _measure(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Count parameters and operations, and time single-image and batch prediction."""
    model = engine.restore(Path(cell.facts["fit"]), _registry(cell))
    cost = model.cost()
    images = np.random.default_rng(0).integers(0, 256, (BATCH, *cell.image_shape), np.uint8)
    single, batch = _latency_ms(model, images[:1]), _latency_ms(model, images)
    return _answered(
        cell,
        {
            "parameters": cost.parameters,
            "macs": cost.macs,
            "latency_ms": single,
            "batch_latency_ms": batch,
            "batch_size": BATCH,
            "images_per_second": BATCH / batch * 1000,
            "threads": cell.threads,
            "device": cell.facts["device"],
        },
    )


def _count(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Count parameters and operations of an untrained network."""
    learner = engine.learner(
        _architecture(cell), _task(cell), Recipe(**cell.recipe), InitialWeights(kind="scratch")
    )
    return _answered(cell, dataclasses.asdict(learner.cost()))


def _bench(cell: Cell, engine: Engine, tell: Tell) -> Result:
    """Time training and prediction of a network with random weights."""
    learner = engine.learner(
        _architecture(cell), _task(cell), Recipe(**cell.recipe), InitialWeights(kind="scratch")
    )
    if cell.strategy == "frozen":
        learner.freeze_backbone(True)
    measured = measure_speed(learner, _examples(cell, "train"), cell)
    facts = {
        "device": engine.conditions().get("device", "cpu"),
        "peak_memory_mb": _peak_memory_mb(),
    }
    return _answered(cell, {**measured, **facts})


_KINDS: Mapping[str, Callable[[Cell, Engine, Tell], Result]] = {
    "weights": _weights,
    "pretrain": _pretrain,
    "trial": _trial,
    "fit": _fit,
    "score": _score,
    "measure": _measure,
    "count": _count,
    "bench": _bench,
}


def _train(cell: Cell, engine: Engine, tell: Tell) -> Outcome:
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
        _architecture(cell),
        _task(cell),
        _training_data(cell),
        course,
        _initial(cell),
        checkpoint=Path(cell.checkpoint) if cell.checkpoint else None,
        feature_cache=cache_folder() / "features",
        on_epoch=lambda record: tell(dataclasses.asdict(record)),
    )


def _training_data(cell: Cell) -> TrainingData:
    return TrainingData(train=_examples(cell, "train"), validation=_examples(cell, "validation"))


def _examples(cell: Cell, split: str) -> Examples:
    pack = Path(cell.training)
    return Examples(
        images=np.load(pack / f"{split}-images.npy", mmap_mode="r"),
        labels=np.load(pack / f"{split}-labels.npy"),
    )


def _architecture(cell: Cell) -> Architecture:
    return _registry(cell)[cell.architecture]


def _registry(cell: Cell) -> Registry:
    return discover(Path(plugin) for plugin in cell.plugins)


def _task(cell: Cell) -> Task:
    return Task(
        classes=len(cell.class_names),
        image_shape=cell.image_shape,
        input_size=cell.input_size,
        seed=cell.seed,
    )


def _initial(cell: Cell) -> InitialWeights:
    file = Path(cell.initial_file) if cell.initial_file else None
    return InitialWeights(kind=cell.initial, file=file)  # type: ignore[arg-type]


def _answered(cell: Cell, content: Result) -> Result:
    result = {"key": cell.key, **content}
    write_json(Path(cell.output), result)
    return result


def _history(records: Sequence[EpochRecord]) -> pd.DataFrame:
    return pd.DataFrame([dataclasses.asdict(record) for record in records])


def _latency_ms(model: Predictor, images: np.ndarray[Any, np.dtype[np.uint8]]) -> float:
    """Return the median milliseconds of a prediction, after a warm-up, over about a second."""
    return timed(lambda: model.predict(images)).median * 1000


def _peak_memory_mb() -> float:
    """Return the most memory that this process has held, in MiB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
