"""Speed: how fast one network trains and predicts, in the worker that holds it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from benchmarks.engines.contract import Learner
from benchmarks.execution.jobs.job import Job
from benchmarks.machine.timing import Spread, timed
from benchmarks.training.loop import Examples
from benchmarks.training.stream import batches, network_seed

PREDICTED = 64
"""Images of a batch prediction."""

BLOCK_SECONDS = 0.1
MOST_STEPS = 50


def measure_speed(learner: Learner, data: Examples, cell: Job) -> dict[str, Any]:
    """Time training steps, the stream's part included, and prediction of 1 and of 64 images.

    ``cell.facts["seconds"]`` is about how long each of the three is repeated. Training is in
    images in a second, prediction in milliseconds from uint8 images to probabilities, each a
    `Spread`.
    """
    seconds, least = float(cell.facts["seconds"]), int(cell.facts["least"])
    # Training goes last: prediction should not depend on how far the weights have moved.
    images = data.images[[row % len(data.images) for row in range(PREDICTED)]]
    settings: dict[str, Any] = {"seconds": seconds, "least": least, "warm_up": 2}
    single = timed(lambda: learner.predict(images[:1]), **settings)
    batch = timed(lambda: learner.predict(images), **settings)
    training = _training(learner, data, cell, seconds, least)
    return {
        "batch_size": min(int(cell.recipe["batch_size"]), len(data.labels)),
        "train_images_per_second": asdict(training),
        "latency_ms": asdict(single.times(1000)),
        "batch_latency_ms": asdict(batch.times(1000)),
    }


def _training(learner: Learner, data: Examples, cell: Job, seconds: float, least: int) -> Spread:
    """Time blocks of steps: a GPU works behind the program, so each block waits for it once."""
    steps = _steps(learner, data, cell)

    def block(length: int) -> int:
        seen = sum(itertools.islice(steps, length))
        learner.training_metrics()
        return seen

    block(2)
    started = time.perf_counter()
    size = block(1)
    length = round(BLOCK_SECONDS / (time.perf_counter() - started))
    length = min(max(length, 1), MOST_STEPS)
    taken = timed(lambda: block(length), seconds=seconds, warm_up=0, least=least)
    return taken.rate(length * size)


def _steps(learner: Learner, data: Examples, cell: Job) -> Iterator[int]:
    """Take one optimiser step after another, as a fit does; yield the images of each."""
    recipe, seeds = cell.recipe, (cell.protocol_seed, cell.seed)
    for epoch in itertools.count():
        learner.begin_epoch(network_seed(*seeds, epoch))
        for images, targets in batches(
            data.images,
            data.labels,
            len(cell.class_names),
            protocol_seed=cell.protocol_seed,
            fit_seed=cell.seed,
            epoch=epoch,
            batch_size=recipe["batch_size"],
            augmentation=cell.augmentation,  # type: ignore[arg-type]
            mixup=recipe["mixup"],
            label_smoothing=recipe["label_smoothing"],
        ):
            learner.train_batch(images, targets, recipe["learning_rate"])
            yield len(images)
