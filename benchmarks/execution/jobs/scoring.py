"""The jobs that ask a frozen fit: for its score, where it looks, and what it bears."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import corruptions
from benchmarks.data.views import averaged
from benchmarks.engines.contract import Attention, Engine, NoMap, Predictor
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.choice import chosen
from benchmarks.execution.jobs.job import AskJob, ExplainJob, RobustnessJob, ScoreJob, ViewsJob
from benchmarks.execution.jobs.kinds import kind_of
from benchmarks.execution.jobs.measuring import fitted
from benchmarks.protocol.views import averages
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import record_opening
from benchmarks.store.reading import no_probabilities, read_predictions
from benchmarks.store.records import (
    Completed,
    CorruptedAnswers,
    CorruptionRecord,
    ExplainRecord,
    RobustnessRecord,
    ViewsRecord,
)
from benchmarks.store.splits import SplitTable, read_splits
from benchmarks.store.writing import (
    write_attention,
    write_predictions,
    write_robustness,
    write_views,
)
from benchmarks.training.checkpoint import OnEpoch
from datasets.cache.content import intact_file


@dataclass(frozen=True, eq=False)
class _Exam:
    """The test images of a job, and what the split says of them, in the same order."""

    images: NDArray[np.uint8]
    requested: SplitTable


def score(job: ScoreJob, engine: Engine, on_epoch: OnEpoch) -> Completed:
    """Predict validation and test with a frozen fit; this opens the test set, and says so."""
    model = fitted(job, engine)
    _tell_opening(job)
    packs = _packs(job)
    answers = [model.predict(images) for images in packs]
    requested, given = _requested(job), np.concatenate(answers)
    _require_probabilities(given)
    if job.views is not None:
        _score_views(job.views, model, packs, answers, "score")
    write_predictions(job.output, requested, given, job.class_names, job.key)
    return Completed(key=job.key)


def views(job: ViewsJob, engine: Engine, on_epoch: OnEpoch) -> ViewsRecord:
    """Predict validation and test on average over views, of a fit that was scored before."""
    model = fitted(job, engine)
    _tell_opening(job)
    answered = read_predictions(job.predictions, job.class_names)
    answers = [answered.validation.probabilities, answered.test.probabilities]
    return _score_views(job, model, _packs(job), answers, "views")


def _score_views(
    job: ViewsJob,
    model: Predictor,
    packs: Sequence[NDArray[np.uint8]],
    answers: Sequence[NDArray[np.float64]],
    purpose: Literal["score", "views"],
) -> ViewsRecord:
    """Write the averages over views of ``packs``, whose single images have these ``answers``."""
    wanted = averages(job.identity.views)
    parts = [
        averaged(model.predict, images, single, wanted)
        for images, single in zip(packs, answers, strict=True)
    ]
    found = {view: np.concatenate([part[view] for part in parts]) for view in wanted}
    for probabilities in found.values():
        _require_probabilities(probabilities)
    record = ViewsRecord(key=job.key, identity=job.identity, purpose=purpose)
    write_views(job.output, _requested(job), found, job.class_names, record)
    return record


def _packs(job: ScoreJob | ViewsJob) -> list[NDArray[np.uint8]]:
    """Return the images of validation and test, memory-mapped."""
    packs = (("validation", job.training), ("test", job.sealed))
    return [
        np.load(intact_file(pack, f"{split}-images.npy"), mmap_mode="r") for split, pack in packs
    ]


def _requested(job: AskJob) -> SplitTable:
    """Return what the split says of the images of `_packs`, in the same order."""
    return read_splits(RunFolder(job.run)).of("validation", "test")


def _require_probabilities(given: NDArray[np.float64]) -> None:
    if wrong := no_probabilities(given):
        raise JobFailed(f"what the model answers are no probabilities: {wrong}")


def explain(job: ExplainJob, engine: Engine, on_epoch: OnEpoch) -> ExplainRecord:
    """Find where a fit looks, on the images of which it was surest, rightly and wrongly."""
    started = time.perf_counter()
    model = fitted(job, engine)
    blank = np.zeros((1, *job.image_shape), np.uint8)
    _attention(model, blank, np.zeros(1, np.int64))  # without a map nothing is opened
    exam = _opened(job)
    answered = read_predictions(job.predictions, job.class_names).test
    places = chosen(answered.labels, answered.probabilities)
    answers = answered.answers[places]
    found = _attention(model, exam.images[places], answers)
    record = ExplainRecord(
        key=job.key,
        identity=job.identity,
        layer=found.layer,
        images_seen=len(places),
        seconds=time.perf_counter() - started,
    )
    write_attention(job.output, answered.rows[places], answers, found.maps, record)
    return record


def robustness(job: RobustnessJob, engine: Engine, on_epoch: OnEpoch) -> RobustnessRecord:
    """Let a fit answer test images under every corruption and severity, and untouched."""
    started = time.perf_counter()
    exam = _opened(job)
    identity = job.identity
    places = drawn(exam.requested.labels, identity.images, identity.seed)
    images, requested = exam.images[places], exam.requested.only(places)
    model = fitted(job, engine)
    seeds = [(identity.seed, row) for row in requested.rows.tolist()]

    def answers(corruption: corruptions.Corruption) -> NDArray[np.int64]:
        numbers = range(1, len(corruption.severities) + 1)
        changed = (corruptions.corrupt(images, corruption.name, n, seeds) for n in numbers)
        return np.column_stack([_answers(model.predict, each) for each in changed])

    found = CorruptedAnswers(
        rows=requested.rows,
        labels=requested.labels,
        clean=_answers(model.predict, images),
        answers={each.name: answers(each) for each in corruptions.CORRUPTIONS},
        corruptions=described(),
    )
    record = RobustnessRecord(
        key=job.key,
        identity=identity,
        corruptions=found.corruptions,
        images_seen=len(requested) * (1 + sum(len(c.severities) for c in found.corruptions)),
        seconds=time.perf_counter() - started,
    )
    write_robustness(job.output, found, record)
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
    images = np.load(intact_file(job.sealed, "test-images.npy"), mmap_mode="r")
    return _Exam(images, read_splits(RunFolder(job.run)).of("test"))


def _tell_opening(job: AskJob) -> None:
    record_opening(
        RunFolder(job.run).ledger,
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
) -> NDArray[np.int64]:
    return np.asarray(predict(images).argmax(axis=1), np.int64)
