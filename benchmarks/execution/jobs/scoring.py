"""The jobs that ask a frozen fit: for its score, where it looks, and what it bears."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.data import corruptions
from benchmarks.engines.contract import Attention, Engine, NoMap, Predictor
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.choice import chosen
from benchmarks.execution.jobs.job import AskJob, ExplainJob, RobustnessJob, ScoreJob
from benchmarks.execution.jobs.kinds import kind_of
from benchmarks.execution.jobs.results import Completed
from benchmarks.store.ledger import record_opening
from benchmarks.store.records import CorruptionRecord, ExplainRecord, RobustnessRecord
from benchmarks.store.writing import write_attention, write_predictions, write_robustness
from benchmarks.training.checkpoint import OnEpoch
from models.registry import discover


@dataclass(frozen=True, eq=False)
class _Exam:
    """The test images of a job; ``table`` has their rows and labels, in the same order."""

    images: NDArray[np.uint8]
    table: pd.DataFrame


def score(job: ScoreJob, engine: Engine, on_epoch: OnEpoch) -> Completed:
    """Predict validation and test with a frozen fit; this opens the test set, and says so."""
    model = engine.restore(job.fit, discover(job.plugins))
    _tell_opening(job)
    splits = pd.read_parquet(job.splits, columns=["row", "image_id", "label", "split"])
    parts: list[pd.DataFrame] = []
    answers = []
    for split, pack in (("validation", job.training), ("test", job.sealed)):
        images = np.load(pack / f"{split}-images.npy", mmap_mode="r")
        parts.append(splits[splits["split"] == split])
        answers.append(model.predict(images))
    write_predictions(
        job.output,
        pd.concat(parts, ignore_index=True),
        np.concatenate(answers),
        job.class_names,
        job.key,
    )
    return Completed(key=job.key)


def explain(job: ExplainJob, engine: Engine, on_epoch: OnEpoch) -> ExplainRecord:
    """Find where a fit looks, on the images of which it was surest, rightly and wrongly."""
    started = time.perf_counter()
    model = engine.restore(job.fit, discover(job.plugins))
    blank = np.zeros((1, *job.image_shape), np.uint8)
    _attention(model, blank, np.zeros(1, np.int64))  # without a map nothing is opened
    exam = _opened(job)
    predictions = pd.read_parquet(job.predictions)
    answered = predictions[predictions["split"] == "test"].sort_values("row")
    labels = answered["label"].to_numpy(np.int64)
    probabilities = answered[[f"p_{name}" for name in job.class_names]].to_numpy(np.float64)
    places = chosen(labels, probabilities)
    answers = probabilities[places].argmax(axis=1)
    found = _attention(model, exam.images[places], answers)
    record = ExplainRecord(
        key=job.key,
        identity=job.identity,
        layer=found.layer,
        images_seen=len(places),
        seconds=time.perf_counter() - started,
    )
    rows = answered["row"].to_numpy(np.int64)[places]
    write_attention(job.output, rows, answers, found.maps, record)
    return record


def robustness(job: RobustnessJob, engine: Engine, on_epoch: OnEpoch) -> RobustnessRecord:
    """Let a fit answer test images under every corruption and severity, and untouched."""
    started = time.perf_counter()
    exam = _opened(job)
    identity = job.identity
    places = drawn(exam.table["label"].to_numpy(np.int64), identity.images, identity.seed)
    images, table = exam.images[places], exam.table.iloc[places].reset_index(drop=True)
    model = engine.restore(job.fit, discover(job.plugins))
    seeds = [(identity.seed, row) for row in table["row"].tolist()]
    table["clean"] = _answers(model.predict, images)
    for corruption in corruptions.CORRUPTIONS:
        for number in range(1, len(corruption.severities) + 1):
            changed = corruptions.corrupt(images, corruption.name, number, seeds)
            table[f"{corruption.name}_{number}"] = _answers(model.predict, changed)
    record = RobustnessRecord(
        key=job.key,
        identity=identity,
        corruptions=described(),
        images_seen=len(table) * (len(table.columns) - len(("row", "label"))),
        seconds=time.perf_counter() - started,
    )
    write_robustness(job.output, table, record)
    return record


def described() -> tuple[CorruptionRecord, ...]:
    """Return the corruptions as the table of answers names them."""
    return tuple(
        CorruptionRecord(each.name, each.title, each.severities, each.legend)
        for each in corruptions.CORRUPTIONS
    )


def drawn(labels: NDArray[np.int64], images: int | None, seed: int) -> NDArray[np.int64]:
    """Return the places of ``images`` of ``labels``, stratified, ascending; ``None``: of all."""
    from sklearn.utils import resample

    places = np.arange(len(labels))
    if images is None or images >= len(places):
        return places
    part = resample(places, replace=False, n_samples=images, stratify=labels, random_state=seed)
    return np.sort(part)


def _opened(job: AskJob) -> _Exam:
    """Open the test set, and say so in the ledger."""
    _tell_opening(job)
    splits = pd.read_parquet(job.splits, columns=["row", "label", "split"])
    table = splits[splits["split"] == "test"].drop(columns="split").reset_index(drop=True)
    return _Exam(np.load(job.sealed / "test-images.npy", mmap_mode="r"), table)


def _tell_opening(job: AskJob) -> None:
    record_opening(
        job.ledger,
        variant=job.variant,
        seed=job.seed,
        key=job.fit_key,
        purpose=kind_of(job).name,
    )


def _attention(
    model: Predictor, images: NDArray[np.uint8], answers: NDArray[np.int64]
) -> Attention:
    try:
        return model.attention(images, answers)
    except NoMap as error:
        raise JobFailed(str(error)) from error


def _answers(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float64]], images: NDArray[np.uint8]
) -> NDArray[np.int16]:
    return np.asarray(predict(images).argmax(axis=1), np.int16)
