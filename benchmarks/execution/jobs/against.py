"""The job that times a network's training against its rivals, in alternating blocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.engines.contract import Engine
from benchmarks.engines.registry import engine_spec, load
from benchmarks.engines.rivals import MOST_STEPS, WARM_UP, Given, Rivals, Steps, timed_steps
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.job import AgainstJob
from benchmarks.execution.jobs.measuring import training_steps
from benchmarks.execution.jobs.results import AgainstResult
from benchmarks.execution.jobs.training import architecture, examples
from benchmarks.store.files import write_record
from benchmarks.training.checkpoint import OnEpoch
from benchmarks.training.loop import Examples

OURS, RIVALS = "ferbench", ("bare", "files", "limit")
CONTESTANTS = (OURS, *RIVALS)


def against(job: AgainstJob, engine: Engine, on_epoch: OnEpoch) -> AgainstResult:
    """Time ferbench's own steps and those of its rivals in turn."""
    data = examples(job, "train")
    with TemporaryDirectory(dir=job.output.parent) as folder:
        given = what_is_given(job, data, Path(folder))
        rivals = _rivals(job, given)
        contestants = {
            OURS: own_steps(job, engine, data),
            **{name: getattr(rivals, name) for name in RIVALS},
        }
        speeds = race(contestants, given.batch_size, job.seconds, job.rounds)
    result = AgainstResult(
        key=job.key,
        device=engine.conditions().get("device", "cpu"),
        batch_size=given.batch_size,
        speeds=speeds,
        limit_macs=rivals.macs,
    )
    write_record(job.output, result)
    return result


def race(
    contestants: Mapping[str, Steps], batch_size: int, seconds: float, rounds: int
) -> Mapping[str, tuple[float, ...]]:
    """Return the images a second of each contestant in each of so many ``rounds``.

    In a round each takes one block of steps, as many as fill about ``seconds``, and every other
    round goes backwards: whatever else the machine does, and however it warms up, hits all alike.
    """
    lengths = {name: _length(take, seconds) for name, take in contestants.items()}
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for index in range(rounds):
        for name in list(contestants)[:: -1 if index % 2 else 1]:
            taken = contestants[name](lengths[name])
            speeds[name].append(lengths[name] * batch_size / taken)
    return {name: tuple(found) for name, found in speeds.items()}


def _length(take: Steps, seconds: float) -> int:
    """Return how many steps fill about ``seconds``; the first, which compiles, does not count."""
    take(1)
    return min(max(round(2 * seconds / take(2)), 1), MOST_STEPS)


def own_steps(job: AgainstJob, engine: Engine, data: Examples) -> Steps:
    """Return what takes ferbench's steps, the stream's part included, as a fit does."""
    learner = engine.learner(architecture(job), job.task, job.recipe, job.initial)
    steps = training_steps(learner, data, job)
    return lambda length: timed_steps(lambda: next(steps), length, learner.training_metrics)


def what_is_given(job: AgainstJob, data: Examples, folder: Path) -> Given:
    """Return what the rivals train on, its files written into ``folder``."""
    batch_size = min(job.recipe.batch_size, len(data.labels))
    for label in range(len(job.class_names)):
        (folder / f"{label:03d}").mkdir()
    for number in range(batch_size * (WARM_UP + MOST_STEPS)):
        row = number % len(data.labels)
        file = folder / f"{data.labels[row]:03d}" / f"{number:06d}.png"
        if not cv2.imwrite(str(file), np.ascontiguousarray(data.images[row][..., ::-1])):
            raise JobFailed(f"{file}: could not be written; is there room on the disk?")
    return Given(
        architecture=architecture(job),
        task=job.task,
        recipe=job.recipe,
        precision=job.precision,
        batch_size=batch_size,
        images=data.images,
        labels=data.labels,
        files=folder,
    )


def _rivals(job: AgainstJob, given: Given) -> Rivals:
    rivals: Rivals = load(engine_spec(job.engine).rivals)(given)
    return rivals
