"""The probe: one engine takes a few steps in a process of its own, in each precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.engines.contract import SCRATCH, Engine, Precision, Task
from benchmarks.engines.registry import engine_spec, load_engine
from benchmarks.machine.timing import timed
from benchmarks.processes.wire import Wire
from models.registry import Architecture, EngineName, discover

TASK = Task(classes=7, image_shape=(48, 48, 1), input_size=48, seed=0)
BATCH = 32


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What came of it: versions by library, and the seconds of a training step by precision."""

    versions: Mapping[str, str]
    device: str
    step_seconds: Mapping[Precision, float]


def serve(wire: Wire, *, name: EngineName) -> None:
    """Send what the probe of the engine ``name`` finds."""
    wire.send(probe(name))


def probe(name: EngineName) -> ProbeResult:
    """Return versions, device and the seconds of a training step by precision."""
    spec, engine = engine_spec(name), load_engine(name)
    network = discover()[spec.probe_network]
    seconds = {precision: _step(engine, network, precision) for precision in spec.precisions}
    device = engine.conditions().get("device", "cpu")
    return ProbeResult(versions=dict(engine.versions()), device=device, step_seconds=seconds)


def _step(engine: Engine, network: Architecture, precision: Precision) -> float:
    """Return the shortest of some steps: what others do on the machine only adds to it."""
    engine.prepare(threads=1, precision=precision, seed=0)
    recipe = replace(network.recipe, learning_rate=1e-3)
    learner = engine.learner(network, TASK, recipe, SCRATCH)
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
