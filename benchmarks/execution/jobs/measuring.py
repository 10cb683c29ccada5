"""The jobs that measure one network: whether it has weights, how large it is, how fast."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from benchmarks.engines.contract import Engine, InitialWeights, Learner, Predictor
from benchmarks.engines.strategies import learning_stages
from benchmarks.execution.jobs.job import (
    AskJob,
    BenchJob,
    CountJob,
    MeasureJob,
    StepsJob,
    WeightsJob,
)
from benchmarks.execution.jobs.results import BenchResult, Counted, Speed
from benchmarks.execution.jobs.training import architecture, examples, peak_memory_mb
from benchmarks.machine.timing import BATCH, Spread, latency_ms, timed
from benchmarks.store.files import write_record
from benchmarks.store.models import require_model
from benchmarks.store.records import CostRecord, FoundWeights
from benchmarks.store.writing import write_cost, write_weights
from benchmarks.training.checkpoint import OnEpoch
from benchmarks.training.loop import Examples
from benchmarks.training.stream import batches, network_seed
from benchmarks.training.weighting import class_weights, sample_weights
from models.registry import ModelError, discover

BLOCK_SECONDS = 0.1
MOST_STEPS = 50


def weights(job: WeightsJob, engine: Engine, on_epoch: OnEpoch) -> FoundWeights:
    """Find published weights, fetched if need be, and put them into the network once."""
    network = architecture(job)
    if network.find_weights is None:
        raise ModelError(f"{network.name}: its code does not say where its weights are found")
    found = network.find_weights(job.initialisation)
    start = InitialWeights(file=found.file, published=found.about)
    engine.learner(network, job.task, job.recipe, start)
    result = FoundWeights(key=job.key, file=found.file, weights=found.about)
    write_weights(job.output, result)
    return result


def count(job: CountJob, engine: Engine, on_epoch: OnEpoch) -> Counted:
    """Count parameters and operations of an untrained network."""
    size = engine.learner(architecture(job), job.task, job.recipe, job.initial).cost()
    result = Counted(key=job.key, parameters=size.parameters, macs=size.macs)
    write_record(job.output, result)
    return result


def measure(job: MeasureJob, engine: Engine, on_epoch: OnEpoch) -> CostRecord:
    """Count parameters and operations, and time single-image and batch prediction."""
    model = fitted(job, engine)
    size = model.cost()
    images = np.random.default_rng(0).integers(0, 256, (BATCH, *job.image_shape), np.uint8)
    single = latency_ms(lambda: model.predict(images[:1]))
    batch = latency_ms(lambda: model.predict(images))
    record = CostRecord(
        key=job.key,
        parameters=size.parameters,
        macs=size.macs,
        latency_ms=single,
        batch_latency_ms=batch,
        batch_size=BATCH,
        images_per_second=BATCH / batch * 1000,
        threads=job.threads,
        device=job.device,
    )
    write_cost(job.output, record)
    return record


def fitted(job: MeasureJob | AskJob, engine: Engine) -> Predictor:
    """Open the model in the folder of a fit, if it is the one that was fitted."""
    require_model(job.fit)
    return engine.restore(job.fit, discover(job.plugins))


def bench(job: BenchJob, engine: Engine, on_epoch: OnEpoch) -> BenchResult:
    """Time training and prediction of a network with random weights."""
    learner = engine.learner(architecture(job), job.task, job.recipe, job.initial)
    learner.unfreeze(learning_stages(job.strategy))
    speed = measure_speed(learner, examples(job, "train"), job)
    result = BenchResult(
        key=job.key,
        **{field.name: getattr(speed, field.name) for field in fields(speed)},
        device=engine.conditions().get("device", "cpu"),
        peak_memory_mb=peak_memory_mb(),
    )
    write_record(job.output, result)
    return result


def measure_speed(learner: Learner, data: Examples, job: BenchJob) -> Speed:
    """Time training steps, the stream's part included, and prediction of 1 and of 64 images."""
    # Training goes last: prediction should not depend on how far the weights have moved.
    images = data.images[[row % len(data.images) for row in range(BATCH)]]
    settings: dict[str, Any] = {"seconds": job.seconds, "least": job.least, "warm_up": 2}
    single = timed(lambda: learner.predict(images[:1]), **settings)
    batch = timed(lambda: learner.predict(images), **settings)
    return Speed(
        batch_size=min(job.recipe.batch_size, len(data.labels)),
        train_images_per_second=_training(learner, data, job),
        latency_ms=single.times(1000),
        batch_latency_ms=batch.times(1000),
    )


def _training(learner: Learner, data: Examples, job: BenchJob) -> Spread:
    """Time blocks of steps: a GPU works behind the program, so each block waits for it once."""
    steps = training_steps(learner, data, job)

    def block(length: int) -> int:
        seen = sum(itertools.islice(steps, length))
        learner.training_metrics()
        return seen

    block(2)
    started = time.perf_counter()
    size = block(1)
    length = round(BLOCK_SECONDS / (time.perf_counter() - started))
    length = min(max(length, 1), MOST_STEPS)
    taken = timed(lambda: block(length), seconds=job.seconds, warm_up=0, least=job.least)
    return taken.rate(length * size)


def training_steps(learner: Learner, data: Examples, job: StepsJob) -> Iterator[int]:
    """Take one optimiser step after another, as a fit does; yield the images of each."""
    recipe, seeds = job.recipe, (job.protocol_seed, job.seed)
    classes, smoothing = len(job.class_names), recipe.label_smoothing
    of_classes = class_weights(recipe.class_weights, data.wanted, classes, smoothing)
    for epoch in itertools.count():
        learner.begin_epoch(network_seed(*seeds, epoch))
        for images, targets in batches(
            data.images,
            data.wanted,
            classes,
            protocol_seed=job.protocol_seed,
            fit_seed=job.seed,
            epoch=epoch,
            batch_size=recipe.batch_size,
            augmentation=job.augmentation,
            crop=recipe.crop,
            mixup=recipe.mixup,
            label_smoothing=smoothing,
        ):
            of_images = sample_weights(targets, of_classes)
            learner.train_batch(images, targets, recipe.learning_rate, of_images)
            if recipe.average_decay:
                learner.average(recipe.average_decay)
            yield len(images)
