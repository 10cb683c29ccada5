"""The jobs of scouting, each keyed by all that decides its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.engines.registry import engine_spec
from benchmarks.execution.counting import count_job
from benchmarks.execution.jobs.job import CountJob, PixelsJob, ScoutJob
from benchmarks.execution.jobs.scouting import PIXELS_SIDE
from benchmarks.execution.keys import code_digest, scouting_digest
from benchmarks.machine.environment import gpu
from benchmarks.protocol.canonical import digest
from benchmarks.scout.candidates import Candidate
from benchmarks.scout.records import PIXELS, ScoutRow
from datasets.cache.decoded import cache_folder
from datasets.records import DataSet
from models.floors import FLOORS
from models.registry import Architecture, Registry

THREADS = 1


@dataclass(frozen=True)
class Task:
    """The ``job`` whose result becomes ``row``; ``sha256`` is the digest of its weights, if any."""

    row: ScoutRow
    job: ScoutJob | PixelsJob
    sha256: str = ""


@dataclass(frozen=True)
class JobMaker:
    """Makes the jobs that scout on the ``sample``, a folder, of ``data``."""

    data: DataSet
    sample: Path
    registry: Registry
    plugins: Sequence[Path]

    def scout(self, candidate: Candidate) -> Task:
        """Probe what the backbone of ``candidate`` makes of the images."""
        architecture = candidate.architecture
        named = [architecture.name, candidate.sha256, candidate.input_size]
        key = self._key(architecture, named)
        job = ScoutJob(
            **self._common(architecture, key),
            variant=candidate.name,
            architecture=architecture.name,
            input_size=candidate.input_size,
            recipe=architecture.recipe_for("frozen", candidate.initialisation),
            initial=candidate.start,
            code=code_digest(architecture),
            device=_device(),
        )
        return Task(candidate.row, job, candidate.sha256)

    def pixels(self) -> Task:
        """Probe the pixels; the engine of the floors is the lightest that there is."""
        floor = self.registry[FLOORS[0]]
        job = PixelsJob(**self._common(floor, self._key(floor, [PIXELS])), variant=PIXELS)
        size = min(PIXELS_SIDE, *self.data.image_shape[:2])
        return Task(ScoutRow(architecture=PIXELS, initialisation="", input_size=size), job)

    def count(self, candidate: Candidate) -> CountJob:
        """Count the network of ``candidate``."""
        shape, classes = self.data.image_shape, len(self.data.class_names)
        size = candidate.input_size
        return count_job(candidate.architecture, size, shape, classes, self.plugins)

    def _key(self, architecture: Architecture, named: Sequence[object]) -> str:
        engine = engine_spec(architecture.engine)
        conditions = [engine.versions(engine.backend()), _device(), THREADS]
        code = [code_digest(architecture), scouting_digest()]
        return digest(["scout", list(named), self.sample.name, conditions, code])

    def _common(self, architecture: Architecture, key: str) -> dict[str, Any]:
        """Return the fields that the jobs of ``architecture`` share."""
        return {
            "key": key,
            "output": cache_folder() / "scouted" / f"{key}.npz",
            "engine": architecture.engine,
            "class_names": self.data.class_names,
            "image_shape": self.data.image_shape,
            "threads": THREADS,
            "plugins": tuple(plugin.resolve() for plugin in self.plugins),
            "sample": self.sample,
        }


def _device() -> str:
    return "GPU" if gpu() else "CPU"
