"""The jobs that scout: a linear probe of a backbone's features, or of pixels, before training."""

from __future__ import annotations

import time

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.data.samples import Sample, open_sample
from benchmarks.engines.contract import Engine, Images
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.job import PixelsJob, ScoutJob
from benchmarks.execution.jobs.results import CORRECT, Probed
from benchmarks.execution.jobs.training import architecture, feature_cache
from benchmarks.machine.timing import latency_ms
from benchmarks.store.files import values_of, write_arrays
from benchmarks.training.checkpoint import OnEpoch
from benchmarks.training.logme import logme
from benchmarks.training.probe import cross_validate
from datasets.files import sha256_of

PIXELS_SIDE = 32
"""The longer side to which images are reduced whose pixels are probed: their number is cubed."""


def scout(job: ScoutJob, engine: Engine, on_epoch: OnEpoch) -> Probed:
    """Let a backbone see each image of the sample once, and probe what it makes of them."""
    started = time.perf_counter()
    _require_unchanged(job)
    network, sample = architecture(job), open_sample(job.sample)
    learner = engine.learner(network, job.task, job.recipe, job.initial)
    cache = feature_cache(job, engine, job.code, job.device)
    features = cache.of(learner).features(sample.images)
    latency = latency_ms(lambda: learner.predict(sample.images[:1]))
    return _probed(job, sample, features.reshape(len(features), -1), started, latency)


def pixels(job: PixelsJob, engine: Engine, on_epoch: OnEpoch) -> Probed:
    """Probe the pixels of the sample, reduced to `PIXELS_SIDE`."""
    started, sample = time.perf_counter(), open_sample(job.sample)
    return _probed(job, sample, _reduced(sample.images), started, None)


def _require_unchanged(job: ScoutJob) -> None:
    start = job.initial.own
    if start and not (start.file.is_file() and sha256_of(start.file) == start.about.sha256):
        raise JobFailed(f"{start.file}: not the weights that lay there at the start; scout again")


def _probed(
    job: ScoutJob | PixelsJob,
    sample: Sample,
    features: NDArray[np.float32],
    started: float,
    latency: float | None,
) -> Probed:
    if not np.isfinite(features).all():
        raise JobFailed("its features are not all finite numbers")
    classes = len(job.class_names)
    found = cross_validate(features, sample.labels, sample.folds, sample.groups, classes)
    answers = found.answers
    correct = answers == sample.labels
    result = Probed(
        key=job.key,
        features=features.shape[1],
        accuracy=float(correct.mean()),
        logme=logme(features, sample.labels, classes),
        latency_ms=latency,
        seconds=time.perf_counter() - started,
    )
    write_arrays(job.output, {CORRECT: correct}, values_of(result))
    return result


def _reduced(images: Images) -> NDArray[np.float32]:
    """Return the pixels of ``images``, N×H×W×C, at most `PIXELS_SIDE` a side, float32 N×D."""
    height, width = images.shape[1:3]
    scale = min(1.0, PIXELS_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA).ravel() for image in images]
    return np.stack(small).astype(np.float32)
