"""What a worker process does: receives jobs, executes them, sends events."""

from __future__ import annotations

from benchmarks.engines.contract import Engine
from benchmarks.engines.registry import load_engine
from benchmarks.errors import JobFailed, Lost, Unavailable
from benchmarks.execution.executors.contract import Done, EpochEnded, Event, Failed, Started
from benchmarks.execution.executors.environment import from_environment
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.kinds import execute
from benchmarks.processes import Wire, describe_error
from benchmarks.training.loop import TrainingDiverged
from models.registry import EngineName, ModelError


def serve(wire: Wire, *, engine: EngineName) -> None:
    """Execute jobs with ``engine`` for ever; an engine that cannot be imported is refused."""
    library = load_engine(engine)
    while True:
        job = wire.receive()
        wire.send(Started(job))
        wire.send(_last_event(job, library, wire))


def _last_event(job: Job, engine: Engine, wire: Wire) -> Event:
    try:
        return Done(job, execute(job, engine, lambda record: wire.send(EpochEnded(job, record))))
    except (Unavailable, ModelError) as error:
        return Failed(job, Unavailable(str(error)))
    except (JobFailed, TrainingDiverged) as error:
        return Failed(job, JobFailed(str(error)))
    except Exception as error:
        kind = Lost if from_environment(error) else JobFailed
        return Failed(job, kind(describe_error(error)))
