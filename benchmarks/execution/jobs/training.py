"""The jobs that train: a rung of a trial, a pre-training on the source, a final fit."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.engines.contract import Engine
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.job import (
    FitJob,
    NetworkJob,
    PretrainJob,
    StepsJob,
    TrainJob,
    TrialJob,
)
from benchmarks.store.files import now
from benchmarks.store.folder import FitFolder, PretrainedFolder
from benchmarks.store.history import write_history
from benchmarks.store.records import FitRecord, Pretrained, RungResult
from benchmarks.store.writing import write_fit, write_pretrained, write_rung
from benchmarks.training.checkpoint import EpochRecord, OnEpoch
from benchmarks.training.features import FeatureCache
from benchmarks.training.loop import Course, Examples, TrainingData, TrainingOutcome, train
from datasets.cache.content import intact_file
from datasets.cache.decoded import cache_folder
from datasets.cache.packs import intact_targets
from datasets.files import replacing_folder, sha256_of
from models.registry import Architecture, discover


def trial(job: TrialJob, engine: Engine, on_epoch: OnEpoch) -> RungResult:
    """Train one trial up to the end of a rung."""
    outcome = _train(job, engine, on_epoch)
    result = RungResult(
        key=job.key,
        value=outcome.best_value,
        best_epoch=outcome.best_epoch,
        images_seen=outcome.images_seen,
        seconds=_seconds(outcome.history[job.since :]),
    )
    write_rung(job.output, result)
    return result


def pretrain(job: PretrainJob, engine: Engine, on_epoch: OnEpoch) -> Pretrained:
    """Train on the source data set and keep the backbone."""
    outcome = _train(job, engine, on_epoch)
    with replacing_folder(job.output.parent) as folder:
        outcome.learner.save_backbone(PretrainedFolder(folder).backbone)
        result = Pretrained(
            key=job.key,
            source_accuracy=outcome.history[outcome.best_epoch - 1].validation["accuracy"],
            images_seen=outcome.images_seen,
            seconds=_seconds(outcome.history),
        )
        return write_pretrained(folder, result)


def fit(job: FitJob, engine: Engine, on_epoch: OnEpoch) -> FitRecord:
    """Train a final model and write it with its history; the test set stays shut."""
    began, outcome = now(), _train(job, engine, on_epoch)
    with replacing_folder(job.output.parent) as folder:
        files = outcome.learner.save(folder)
        outcome.learner.save_backbone(FitFolder(folder).backbone)
        write_history(folder, outcome.history)
        record = FitRecord(
            key=job.key,
            variant=job.variant,
            seed=job.seed,
            hyperparameters=job.hyperparameters,
            recipe=asdict(job.recipe),
            epochs_run=len(outcome.history),
            best_epoch=outcome.best_epoch,
            validation=outcome.best_value,
            images_seen=outcome.images_seen,
            stopped="early stopping" if outcome.stopped else "budget",
            train_seconds=_seconds(outcome.history),
            peak_memory_mb=peak_memory_mb(),
            precision=engine.conditions().get("precision", job.precision),
            threads=job.threads,
            device=job.device,
            identity=job.identity,
            weights=job.initial.published,
            versions=dict(engine.versions()),
            model_files=tuple(files),
            started=began,
            finished=now(),
        )
        return write_fit(folder, record)


def _train(job: TrainJob, engine: Engine, on_epoch: OnEpoch) -> TrainingOutcome:
    _require_start(job)
    course = Course(
        recipe=job.recipe,
        strategy=job.strategy,
        augmentation=job.augmentation,
        epochs=job.epochs,
        until=job.until,
        protocol_seed=job.protocol_seed,
        fit_seed=job.seed,
        metric=job.selection,
    )
    data = TrainingData(train=examples(job, "train"), validation=examples(job, "validation"))
    return train(
        engine,
        architecture(job),
        job.task,
        data,
        course,
        job.initial,
        checkpoint=job.checkpoint,
        cache=feature_cache(job, engine, job.identity.code, job.identity.device),
        on_epoch=on_epoch,
    )


def feature_cache(job: NetworkJob, engine: Engine, code: str, device: str) -> FeatureCache:
    """Return the cache of what the backbone of ``job`` makes of images, which it leaves as it is.

    ``code`` is the digest of the code that computes it, ``device`` the name of where.
    """
    description = {
        "architecture": job.architecture,
        "input_size": job.input_size,
        "crop": job.recipe.crop,
        "code": code,
        "computed_on": device,
        **engine.conditions(),
    }
    return FeatureCache(cache_folder() / "features", description)


def _seconds(epochs: Sequence[EpochRecord]) -> float:
    """Return what ``epochs`` took, those of earlier processes too."""
    return sum(epoch.seconds for epoch in epochs)


def _require_start(job: TrainJob) -> None:
    """Refuse weights to start from that are not those which the run chose."""
    file = job.initial.file
    if file is not None and sha256_of(file) != job.start_sha256:
        raise JobFailed(f"{file}: changed since the run began to start from it; run again")


def examples(job: StepsJob, split: str) -> Examples:
    """Return a split of the training pack, images memory-mapped; train has the job's targets."""
    return Examples(
        images=np.load(intact_file(job.training, f"{split}-images.npy"), mmap_mode="r"),
        labels=np.load(intact_file(job.training, f"{split}-labels.npy")),
        targets=np.load(intact_targets(job.targets)) if job.targets and split == "train" else None,
    )


def architecture(job: NetworkJob) -> Architecture:
    """Return the architecture that ``job`` names."""
    return discover(job.plugins)[job.architecture]


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
