"""The cells that ask a frozen fit more than its score: where it looks, and what it bears."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.data import corruptions
from benchmarks.engines.contract import Engine
from benchmarks.engines.grad_cam import Attention, NoMap
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.choice import chosen
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.training import Result, Tell, registry
from benchmarks.store.files import write_arrays, write_table
from benchmarks.store.ledger import record_opening
from benchmarks.store.records import CorruptionRecord


@dataclass(frozen=True, eq=False)
class _Exam:
    """The test images of a cell; ``table`` has their rows and labels, in the same order."""

    images: NDArray[np.uint8]
    table: pd.DataFrame


def explain(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Find where a fit looks, on the images of which it was surest, rightly and wrongly."""
    started = time.perf_counter()
    model = engine.restore(Path(cell.output).parent, registry(cell))
    blank = np.zeros((1, *cell.image_shape), np.uint8)
    _attention(cell, model, blank, np.zeros(1, np.int64))  # without a map nothing is opened
    exam = _opened(cell)
    predictions = pd.read_parquet(cell.facts["predictions"])
    answered = predictions[predictions["split"] == "test"].sort_values("row")
    labels = answered["label"].to_numpy(np.int64)
    probabilities = answered[[f"p_{name}" for name in cell.class_names]].to_numpy(np.float64)
    places = chosen(labels, probabilities)
    answers = probabilities[places].argmax(axis=1)
    found = _attention(cell, model, exam.images[places], answers)
    attributes = {
        "key": cell.key,
        "identity": cell.facts["identity"],
        "layer": found.layer,
        "images_seen": len(places),
        "seconds": time.perf_counter() - started,
    }
    arrays = {"rows": answered["row"].to_numpy(np.int64)[places], "answers": answers}
    write_arrays(Path(cell.output), {**arrays, "maps": found.maps}, attributes)
    return attributes


def robustness(cell: Job, engine: Engine, tell: Tell) -> Result:
    """Let a fit answer test images under every corruption and severity, and untouched."""
    started = time.perf_counter()
    exam = _opened(cell)
    identity = cell.facts["identity"]
    places = drawn(exam.table["label"].to_numpy(np.int64), identity["images"], identity["seed"])
    images, table = exam.images[places], exam.table.iloc[places].reset_index(drop=True)
    model = engine.restore(Path(cell.output).parent, registry(cell))
    seeds = [(identity["seed"], row) for row in table["row"].tolist()]
    table["clean"] = _answers(model.predict, images)
    for corruption in corruptions.CORRUPTIONS:
        for number in range(1, len(corruption.severities) + 1):
            changed = corruptions.corrupt(images, corruption.name, number, seeds)
            table[f"{corruption.name}_{number}"] = _answers(model.predict, changed)
    attributes = {
        "key": cell.key,
        "identity": identity,
        "images_seen": len(table) * (len(table.columns) - len(("row", "label"))),
        "seconds": time.perf_counter() - started,
    }
    table.attrs.update(attributes, corruptions=described())
    write_table(Path(cell.output), table)
    return attributes


def described() -> list[dict[str, Any]]:
    """Return the corruptions as the table of answers names them."""
    return [
        dataclasses.asdict(CorruptionRecord(each.name, each.title, each.severities, each.legend))
        for each in corruptions.CORRUPTIONS
    ]


def drawn(labels: NDArray[np.int64], images: int | None, seed: int) -> NDArray[np.int64]:
    """Return the places of ``images`` of ``labels``, stratified, ascending; ``None``: of all."""
    from sklearn.utils import resample

    places = np.arange(len(labels))
    if images is None or images >= len(places):
        return places
    part = resample(places, replace=False, n_samples=images, stratify=labels, random_state=seed)
    return np.sort(part)


def _opened(cell: Job) -> _Exam:
    """Open the test set, and say so in the ledger."""
    assert cell.sealed is not None and cell.ledger is not None
    record_opening(
        Path(cell.ledger),
        variant=cell.variant,
        seed=cell.seed,
        key=cell.facts["fit_key"],
        purpose=cell.kind,
    )
    splits = pd.read_parquet(cell.facts["splits"], columns=["row", "label", "split"])
    table = splits[splits["split"] == "test"].drop(columns="split").reset_index(drop=True)
    return _Exam(np.load(Path(cell.sealed) / "test-images.npy", mmap_mode="r"), table)


def _attention(
    cell: Job, model: Any, images: NDArray[np.uint8], answers: NDArray[np.int64]
) -> Attention:
    try:
        if cell.engine == "keras":
            from benchmarks.engines.keras import attention as keras_maps

            return keras_maps.attention(model.model, images, answers)
        from benchmarks.engines.torch import attention as torch_maps

        return torch_maps.attention(model.module, images, answers)
    except NoMap as error:
        raise JobFailed(str(error)) from error


def _answers(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float64]], images: NDArray[np.uint8]
) -> NDArray[np.int16]:
    return np.asarray(predict(images).argmax(axis=1), np.int16)
