"""What a worker process does: receives jobs, executes them, sends events."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from benchmarks.engines.contract import Engine
from benchmarks.engines.registry import load_engine
from benchmarks.errors import JobFailed, Lost, Unavailable
from benchmarks.execution.executors.contract import Done, EpochEnded, Event, Failed, Started
from benchmarks.execution.executors.environment import from_environment
from benchmarks.execution.executors.steps import telling
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.kinds import execute
from benchmarks.processes.wire import Wire, describe_error
from benchmarks.training.loop import TrainingDiverged
from datasets.plugins import place_in
from models.registry import EngineName, ModelError


def serve(wire: Wire, *, engine: EngineName) -> None:
    """Execute jobs with ``engine`` for ever; one that cannot be imported fails them."""
    load = cache(lambda: telling(load_engine(engine), wire.send))
    while True:
        job = wire.receive()
        wire.send(Started(job))
        wire.send(_last_event(job, load, wire))


def _last_event(job: Job, load: Callable[[], Engine], wire: Wire) -> Event:
    try:
        return Done(job, execute(job, load(), lambda record: wire.send(EpochEnded(job, record))))
    except (Unavailable, ModelError) as error:
        return Failed(job, Unavailable(str(error)))
    except (JobFailed, TrainingDiverged) as error:
        return Failed(job, JobFailed(str(error)))
    except BaseException as error:  # also what a plug-in raises to end the program
        kind = Lost if from_environment(error) else JobFailed
        return Failed(job, kind(f"{describe_error(error)}{place_in(error, job.plugins)}"))
