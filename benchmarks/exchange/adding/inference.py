"""What is asked of a model from outside, each in a process of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.opened import Opened
from benchmarks.exchange.adding.loaders import open_model
from benchmarks.exchange.adding.preprocessing import Batch, InputSpec
from benchmarks.machine.timing import BATCH, latency_ms


def describe(file: str) -> dict[str, Any]:
    """Return the file's `Shapes` as JSON values and the versions of what opens it."""
    opened = open_model(Path(file))
    return {"shapes": dataclasses.asdict(opened.shapes), "versions": opened.versions()}


def answer(file: str, images: str, out: str, readings: list[dict[str, Any]], first: int) -> None:
    """Write the model's outputs for the array ``images`` under each of ``readings``.

    They go to ``0.npy``, ``1.npy``, … in the folder ``out``; readings after the first one get
    the ``first`` images only.
    """
    opened = open_model(Path(file))
    shown = np.load(images, mmap_mode="r")
    for place, content in enumerate(readings):
        part = shown if place == 0 else shown[:first]
        np.save(Path(out) / f"{place}.npy", outputs(opened, part, InputSpec.from_json(content)))


def measure(file: str, reading: dict[str, Any], image_shape: list[int]) -> dict[str, Any]:
    """Count the model's weights and operations and time it, preprocessing included."""
    opened, read = open_model(Path(file)), InputSpec.from_json(reading)
    images = np.random.default_rng(0).integers(0, 256, (BATCH, *image_shape), np.uint8)
    single = latency_ms(lambda: outputs(opened, images[:1], read))
    batch = latency_ms(lambda: outputs(opened, images, read))
    return {
        "parameters": opened.parameters(),
        "macs": opened.macs(),
        "latency_ms": single,
        "batch_latency_ms": batch,
        "batch_size": BATCH,
        "images_per_second": BATCH / batch * 1000,
    }


def outputs(opened: Opened, images: NDArray[np.uint8], reading: InputSpec) -> Batch:
    """Return the model's outputs, float32 N×K, for uint8 images N×H×W×C."""
    size = opened.shapes.batch or BATCH
    parts = [
        _batch(opened, reading.inputs(images[start : start + size]), size)
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
