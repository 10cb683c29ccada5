"""The size of networks: parameters and operations, counted once and kept in the cache."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.execution.batch import run_jobs
from benchmarks.execution.counting import count_job
from benchmarks.execution.executors.contract import ExecutorSettings
from benchmarks.execution.jobs.job import CountJob
from benchmarks.execution.jobs.kinds import stored_result
from benchmarks.execution.jobs.results import Counted
from benchmarks.machine.environment import usable_cores
from models.registry import Architecture

LISTED_SHAPE = (48, 48, 1)
LISTED_CLASSES = 7


def stored_sizes(
    architectures: Sequence[Architecture], plugins: Sequence[Path]
) -> tuple[dict[str, Counted], list[CountJob]]:
    """Return the sizes that the cache holds, by architecture, and the jobs that count the rest."""
    jobs = [_count(architecture, plugins) for architecture in architectures]
    stored = {job.variant: stored_result(job) for job in jobs}
    sizes = {name: size for name, size in stored.items() if isinstance(size, Counted)}
    return sizes, [job for job in jobs if job.variant not in sizes]


def count_sizes(jobs: Sequence[CountJob]) -> Mapping[str, Counted]:
    """Count the networks of ``jobs``; return the sizes by architecture, without those that fail."""
    settings = ExecutorSettings(
        capacity=usable_cores(),
        threads=1,
        forbidden=(),
        log=Path(tempfile.gettempdir()) / "ferbench-models.log",
    )
    outcomes = {job.variant: outcome for job, outcome in run_jobs(jobs, settings)}
    return {name: size for name, size in outcomes.items() if isinstance(size, Counted)}


def _count(architecture: Architecture, plugins: Sequence[Path]) -> CountJob:
    size = max(LISTED_SHAPE[0], architecture.minimum_input, architecture.default_input or 0)
    return count_job(architecture, size, LISTED_SHAPE, LISTED_CLASSES, plugins)
