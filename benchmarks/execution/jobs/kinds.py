"""One cell: load, train or score, write, and answer with what came out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.engines.contract import Engine, InitialWeights, Predictor
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.measuring import measure_speed
from benchmarks.execution.jobs.scoring import explain, robustness
from benchmarks.execution.jobs.training import (
    Result,
    Tell,
    answered,
    architecture,
    examples,
    fit,
    initial,
    peak_memory_mb,
    pretrain,
    registry,
    task,
    trial,
)
from benchmarks.machine.timing import timed
from benchmarks.store.ledger import record_opening
from benchmarks.store.records import CostRecord
from benchmarks.store.writing import write_cost, write_predictions
from models.registry import Recipe

BATCH = 64


def carry_out(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Do what ``cell`` asks with ``engine``; ``tell`` is called with each epoch's record.

    The result is written to ``cell.output`` before it is returned, so that a kill loses nothing
    that is finished.
    """
    engine.prepare(threads=cell.threads, precision=cell.precision, seed=cell.seed)  # type: ignore[arg-type]
    return _KINDS[cell.kind](cell, engine, tell)


def _weights(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Find out whether the initial weights can be had."""
    engine.learner(architecture(cell), task(cell), Recipe(**cell.recipe), initial(cell))
    return answered(cell, {})


def _score(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Predict validation and test with a frozen fit; this opens the test set, and says so."""
    assert cell.sealed is not None and cell.ledger is not None
    model = engine.restore(Path(cell.output).parent, registry(cell))
    record_opening(
        Path(cell.ledger),
        variant=cell.variant,
        seed=cell.seed,
        key=cell.facts["fit_key"],
        purpose="score",
    )
    splits = pd.read_parquet(cell.facts["splits"], columns=["row", "image_id", "label", "split"])
    parts: list[pd.DataFrame] = []
    answers = []
    for split, pack in (("validation", cell.training), ("test", cell.sealed)):
        images = np.load(Path(pack) / f"{split}-images.npy", mmap_mode="r")
        parts.append(splits[splits["split"] == split])
        answers.append(model.predict(images))
    write_predictions(
        Path(cell.output),
        pd.concat(parts, ignore_index=True),
        np.concatenate(answers),
        cell.class_names,
        cell.key,
    )
    return {"key": cell.key}


def _measure(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Count parameters and operations, and time single-image and batch prediction."""
    model = engine.restore(Path(cell.facts["fit"]), registry(cell))
    cost = model.cost()
    images = np.random.default_rng(0).integers(0, 256, (BATCH, *cell.image_shape), np.uint8)
    single, batch = _latency_ms(model, images[:1]), _latency_ms(model, images)
    record = CostRecord(
        key=cell.key,
        parameters=cost.parameters,
        macs=cost.macs,
        latency_ms=single,
        batch_latency_ms=batch,
        batch_size=BATCH,
        images_per_second=BATCH / batch * 1000,
        threads=cell.threads,
        device=cell.facts["device"],
    )
    write_cost(Path(cell.output), record)
    return dataclasses.asdict(record)


def _count(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Count parameters and operations of an untrained network."""
    learner = engine.learner(
        architecture(cell), task(cell), Recipe(**cell.recipe), InitialWeights(kind="scratch")
    )
    return answered(cell, dataclasses.asdict(learner.cost()))


def _bench(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Time training and prediction of a network with random weights."""
    learner = engine.learner(
        architecture(cell), task(cell), Recipe(**cell.recipe), InitialWeights(kind="scratch")
    )
    if cell.strategy == "frozen":
        learner.freeze_backbone(True)
    measured = measure_speed(learner, examples(cell, "train"), cell)
    facts = {
        "device": engine.conditions().get("device", "cpu"),
        "peak_memory_mb": peak_memory_mb(),
    }
    return answered(cell, {**measured, **facts})


_KINDS: Mapping[str, Callable[[Job, Engine, Tell], Result]] = {
    "weights": _weights,
    "pretrain": pretrain,
    "trial": trial,
    "fit": fit,
    "score": _score,
    "explain": explain,
    "robustness": robustness,
    "measure": _measure,
    "count": _count,
    "bench": _bench,
}


def _latency_ms(model: Predictor, images: np.ndarray[Any, np.dtype[np.uint8]]) -> float:
    """Return the median milliseconds of a prediction, after a warm-up, over about a second."""
    return timed(lambda: model.predict(images)).median * 1000
