"""The probe: one engine takes a few steps in a process of its own, in each precision.

``python -m benchmarks.doctor.probe ENGINE`` prints what came of it as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.engines.contract import Engine, InitialWeights, Precision, Task
from benchmarks.engines.registry import engine_spec, load_engine
from benchmarks.machine.timing import timed
from models.registry import Architecture, EngineName, discover

TASK = Task(classes=7, image_shape=(48, 48, 1), input_size=48, seed=0)
BATCH = 32


def probe(name: EngineName) -> dict[str, Any]:
    """Return versions, device and the seconds of a training step by precision."""
    spec, engine = engine_spec(name), load_engine(name)
    network = discover()[spec.probe_network]
    seconds = {precision: _step(engine, network, precision) for precision in spec.precisions}
    device = engine.conditions().get("device", "cpu")
    return {"versions": dict(engine.versions()), "device": device, "step_seconds": seconds}


def _step(engine: Engine, network: Architecture, precision: Precision) -> float:
    """Return the shortest of some steps: what others do on the machine only adds to it."""
    engine.prepare(threads=1, precision=precision, seed=0)
    recipe = replace(network.recipe, learning_rate=1e-3)
    learner = engine.learner(network, TASK, recipe, InitialWeights(kind="scratch"))
    chance = np.random.default_rng(0)
    images = chance.uniform(0, 255, (BATCH, *TASK.image_shape)).astype(np.float32)
    targets = np.eye(TASK.classes, dtype=np.float32)[np.arange(BATCH) % TASK.classes]

    def step() -> None:
        learner.train_batch(images, targets, recipe.learning_rate)
        learner.training_metrics()

    seconds = timed(step, seconds=0.5, warm_up=2, least=5).low
    if not np.isfinite(learner.predict(images.astype(np.uint8))).all():
        raise RuntimeError("its predictions are not numbers")
    return seconds


if __name__ == "__main__":
    print("\n" + json.dumps(probe(sys.argv[1])))
