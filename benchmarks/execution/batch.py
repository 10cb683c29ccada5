"""Runs some jobs that belong to no run, as many at once as the executor takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from benchmarks.errors import JobFailed
from benchmarks.execution.executors.contract import Done, Executor, ExecutorSettings, Failed
from benchmarks.execution.executors.registry import make_executor
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.results import JobResult


def run_jobs(
    jobs: Sequence[Job], settings: ExecutorSettings
) -> Iterator[tuple[Job, JobResult | JobFailed]]:
    """Yield each job with what came of it, in the order in which they end."""
    with closing(make_executor(settings)) as executor:
        yield from run_on(executor, jobs)


def run_on(executor: Executor, jobs: Sequence[Job]) -> Iterator[tuple[Job, JobResult | JobFailed]]:
    """Yield each job with what came of it; ``executor`` keeps its workers for other jobs."""
    waiting, running = list(jobs), 0
    while waiting or running:
        while waiting and running < executor.capacity:
            executor.submit(waiting.pop(0))
            running += 1
        event = executor.wait(1.0)
        if isinstance(event, Done | Failed):
            running -= 1
            yield event.job, event.result if isinstance(event, Done) else event.error
