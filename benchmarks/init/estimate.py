"""How long a protocol takes on this machine, from timing its networks for a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bench.bench import bench_jobs, run_one_by_one, speed_name
from benchmarks.bench.records import Effort
from benchmarks.data.prepared import PreparedData
from benchmarks.errors import JobFailed
from benchmarks.execution.expected import expected
from benchmarks.machine.temporary import temporary_folder
from benchmarks.machine.timing import BATCH
from benchmarks.processes.nursery import starts_copies
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant
from benchmarks.training.features import fixed_views

GLANCE = Effort(0.5, 3)
START_SECONDS, COPY_SECONDS = 5.0, 1.5
"""What a job takes beside its epochs: starting a worker, building a network, writing.

The latter where workers are copies of a process that has imported its libraries.
"""


@dataclass(frozen=True)
class Pace:
    """Images a second in training and in prediction."""

    training: float
    prediction: float


def measure_paces(
    protocol: Protocol,
    prepared: PreparedData,
    variants: Sequence[Variant],
    notify: Callable[[str], None],
) -> dict[str, Pace]:
    """Time each variant with the protocol's precision and threads; return paces by `speed_name`.

    Raises ``JobFailed`` naming the variant that cannot be timed.
    """
    shape = prepared.data.image_shape
    distinct = {speed_name(variant, shape): variant for variant in variants}
    names, rows = list(distinct), list(distinct.values())
    paces: dict[str, Pace] = {}
    with temporary_folder() as folder:
        jobs = bench_jobs(protocol, prepared, rows, [protocol.precision], GLANCE, folder)
        notify(names[0])
        for index, (job, outcome) in enumerate(run_one_by_one(jobs, prepared, folder), 1):
            if isinstance(outcome, JobFailed):
                raise JobFailed(f"{job.variant}: {outcome}")
            paces[names[index - 1]] = Pace(
                outcome.train_images_per_second.median,
                BATCH / (outcome.batch_latency_ms.median / 1000),
            )
            if index < len(names):
                notify(names[index])
    return paces


def run_seconds(
    protocol: Protocol,
    variants: Sequence[Variant],
    paces: Mapping[str, Pace],
    prepared: PreparedData,
    workers: int,
) -> float:
    """Return the seconds that a run takes if nothing stops early and every row can run.

    What follows each other in a row is a bound, however many ``workers`` there are.
    """
    train, validation = len(prepared.split.train), len(prepared.split.validation)
    train = min(train, protocol.data.train_images or train)
    total, longest, start = 0.0, 0.0, COPY_SECONDS if starts_copies() else START_SECONDS
    for variant in variants:
        pace = paces[speed_name(variant, prepared.data.image_shape)]
        epochs, jobs = expected(variant, protocol), _jobs(variant, protocol)
        scoring = len(prepared.split.test) / pace.prediction
        total += _training(variant, epochs.total, pace, train, validation)
        total += len(protocol.fit.seeds) * scoring + jobs.total * start
        chain = _training(variant, epochs.chain, pace, train, validation)
        longest = max(longest, chain + scoring + jobs.chain * start)
    return max(total / workers, longest)


def _training(variant: Variant, epochs: float, pace: Pace, train: int, validation: int) -> float:
    """Return the seconds of ``epochs``; a frozen backbone sees each view of an image once."""
    views = fixed_views(variant.recipe, variant.augmentation)
    if variant.strategy == "frozen" and views:
        return (min(views, epochs) * train + validation) / pace.prediction
    return epochs * (train / pace.training + validation / pace.prediction)


@dataclass(frozen=True)
class _Jobs:
    """The jobs of a variant, and those of them that follow each other."""

    total: int
    chain: int


def _jobs(variant: Variant, protocol: Protocol) -> _Jobs:
    """Count the jobs of a variant: its trials' rungs, its fits, their scoring, its measuring."""
    tuning = protocol.tuning
    generations = tuning.generations() if variant.space else ()
    rungs = sum(sum(alive) for alive in generations)
    fits = 2 * len(protocol.fit.seeds)
    return _Jobs(rungs + fits + 1, len(generations) * len(tuning.rungs) + 2)
