"""Counting the size of networks: parameters and operations, once, kept in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.registry import engine_spec
from benchmarks.execution.jobs.job import CountJob
from benchmarks.execution.keys import code_digest
from benchmarks.protocol.canonical import digest
from datasets.cache.decoded import cache_folder
from models.registry import Architecture


def count_job(
    architecture: Architecture,
    input_size: int,
    image_shape: tuple[int, int, int],
    classes: int,
    plugins: Sequence[Path] = (),
) -> CountJob:
    """Return the job that counts ``architecture`` for such images; its result is kept."""
    engine = engine_spec(architecture.engine)
    versions = engine.versions(engine.backend())
    asked = [architecture.name, input_size, image_shape, classes]
    key = digest(["count", asked, versions, code_digest(architecture)])
    return CountJob(
        key=key,
        output=cache_folder() / "costs" / f"{key}.json",
        engine=architecture.engine,
        variant=architecture.name,
        architecture=architecture.name,
        input_size=input_size,
        recipe=architecture.recipe,
        image_shape=image_shape,
        class_names=tuple(str(index) for index in range(classes)),
        plugins=tuple(plugin.resolve() for plugin in plugins),
    )
