"""What is asked of a model from outside, each in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Batch
from benchmarks.engines.opened import Opened, Shapes, Source
from benchmarks.exchange.adding.loaders import open_model
from benchmarks.exchange.adding.preprocessing import model_inputs
from benchmarks.machine.timing import BATCH, latency_ms
from benchmarks.store.records import CostRecord, InputSpec


def describe(source: Source) -> tuple[Shapes, dict[str, str]]:
    """Return the model's `Shapes` and the versions of what opens it."""
    opened = open_model(source)
    return opened.shapes, opened.versions()


def answer(
    source: Source, images: Path, readings: Sequence[InputSpec], sample: NDArray[np.int64]
) -> list[NDArray[np.float32]]:
    """Return the model's outputs for the array in ``images`` under each of ``readings``.

    Readings after the first one get the images at the places ``sample`` only.
    """
    opened, shown = open_model(source), np.load(images, mmap_mode="r")
    return [
        outputs(opened, shown if place == 0 else shown[sample], reading)
        for place, reading in enumerate(readings)
    ]


def measure(source: Source, reading: InputSpec, image_shape: tuple[int, ...]) -> CostRecord:
    """Count the model's weights and operations and time it, preprocessing included."""
    opened = open_model(source)
    images = np.random.default_rng(0).integers(0, 256, (BATCH, *image_shape), np.uint8)
    single = latency_ms(lambda: outputs(opened, images[:1], reading))
    batch = latency_ms(lambda: outputs(opened, images, reading))
    return CostRecord(
        parameters=opened.parameters(),
        macs=opened.macs(),
        latency_ms=single,
        batch_latency_ms=batch,
        batch_size=BATCH,
        images_per_second=BATCH / batch * 1000,
    )


def outputs(opened: Opened, images: NDArray[np.uint8], reading: InputSpec) -> Batch:
    """Return the model's outputs, float32 N×K, for uint8 images N×H×W×C."""
    size = opened.shapes.batch or BATCH
    parts = [
        _batch(opened, model_inputs(reading, images[start : start + size]), size)
        for start in range(0, len(images), size)
    ]
    return np.concatenate(parts)


def _batch(opened: Opened, inputs: Batch, size: int) -> Batch:
    """Run one batch, filled up where the model takes a fixed number only."""
    count = len(inputs)
    if opened.shapes.batch and count < size:
        inputs = np.concatenate([inputs, np.repeat(inputs[-1:], size - count, axis=0)])
    if opened.shapes.channels_first:
        inputs = np.ascontiguousarray(inputs.transpose(0, 3, 1, 2))
    return np.asarray(opened.run(inputs), np.float32).reshape(len(inputs), -1)[:count]
