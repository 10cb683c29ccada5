"""Which backbone, before training: one forward pass of each, and a linear probe of its features."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.data.prepared import PreparedData
from benchmarks.data.samples import open_sample, take_sample
from benchmarks.data.sealed import packed_rooms, sealed_places
from benchmarks.engines.contract import SCRATCH
from benchmarks.engines.libraries import recorded_libraries
from benchmarks.errors import JobFailed
from benchmarks.execution.batch import run_on
from benchmarks.execution.executors.contract import Executor, ExecutorSettings
from benchmarks.execution.executors.registry import make_executor
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.kinds import stored_result
from benchmarks.execution.jobs.results import Counted, JobResult, Probed
from benchmarks.machine.environment import describe_environment, device_name, gpu, usable_cores
from benchmarks.machine.temporary import temporary_folder
from benchmarks.scout.candidates import Candidate
from benchmarks.scout.jobs import THREADS, JobMaker, Task
from benchmarks.scout.records import ScoutRecord, ScoutRow
from benchmarks.scout.rows import Scouted, table
from benchmarks.store.files import now
from benchmarks.store.folder import RunFolder
from models.registry import Registry

IMAGES = 5_000
"""How many training images are looked at if nothing else is said."""
MOST_MACS = 1e9
"""Multiply-accumulates of an image above which a size that nobody asked for is left out: one core
takes more than three minutes for 5,000 of them."""

Notify = Callable[[str], None]
Outcomes = Mapping[str, JobResult | JobFailed]
"""What came of jobs, by their keys."""
Sizes = Mapping[str, Counted | JobFailed]
"""What came of counting networks, by the names of candidates."""


def scout(
    prepared: PreparedData,
    candidates: Sequence[Candidate],
    registry: Registry,
    *,
    images: int = IMAGES,
    asked: bool = False,
    plugins: Sequence[Path] = (),
    notify: Notify = lambda line: None,
) -> ScoutRecord:
    """Scout ``candidates`` (`candidates.find_candidates`) on ``images`` of the training split.

    Each backbone sees the same images once and a linear probe is cross-validated on its features
    (`training.probe`), whose LogME is told too (`training.logme`). So is a random start of each
    network at the input size at which its weights did best, and the pixels, reduced to
    `jobs.scouting.PIXELS_SIDE`. Neither validation nor test images are opened. A candidate that
    takes more than `MOST_MACS` is left out unless it was ``asked`` for, has the smallest input of
    its network or a size that cannot be counted, or there is a GPU.

    Workers do it, on one thread each, and keep what they finish in the cache: a call that was
    interrupted goes on, and one that is repeated looks it up. ``notify`` is told what is going on.
    Raises ``DataError`` where the images cannot be cross-validated.
    """
    started = time.perf_counter()
    folder = take_sample(prepared, images)
    make = JobMaker(prepared.data, folder, registry, plugins)
    starts = [each.start.file for each in candidates if each.start.file]
    with (
        temporary_folder() as log,
        closing(_Work(make, _settings(prepared, log, [*plugins, *starts]), notify)) as work,
    ):
        sizes = work.sizes(candidates)
        large = [] if asked or gpu() else list(_too_large(candidates, sizes))
        tasks = [make.pixels(), *(make.scout(each) for each in candidates if each not in large)]
        found = work.scouted(tasks, sizes)
        controls = list(_controls(found, registry))
        found += work.scouted([make.scout(each) for each in controls], work.sizes(controls))
    sample = open_sample(folder)
    return ScoutRecord(
        measured=now(),
        data=prepared.data.name,
        data_digest=prepared.data.digest,
        sample=folder.name,
        images=len(sample.labels),
        training_images=len(prepared.split.train),
        made=bool((prepared.data.split[prepared.split.test] != "test").any()),
        folds=len(np.unique(sample.folds)),
        environment=describe_environment(recorded_libraries()),
        device=device_name(),
        threads=THREADS,
        seconds=time.perf_counter() - started,
        rows=(*table(found, sample), *map(_left_out, large)),
    )


def _settings(prepared: PreparedData, folder: Path, needed: Sequence[Path]) -> ExecutorSettings:
    """Return how the workers run: what shows validation or test images is forbidden to them."""
    shut = sealed_places([prepared], needed=[folder, *needed])
    return ExecutorSettings(
        capacity=1 if gpu() else max(1, usable_cores() // THREADS),
        threads=THREADS,
        forbidden=[*shut, *packed_rooms()],
        log=RunFolder(folder).log,
    )


class _Work:
    """Has jobs done that are not in the cache, and tells of it."""

    def __init__(self, make: JobMaker, settings: ExecutorSettings, notify: Notify) -> None:
        self._make, self._settings, self._notify = make, settings, notify
        self._executor: Executor | None = None

    def close(self) -> None:
        """End every worker."""
        if self._executor:
            self._executor.close()

    def sizes(self, candidates: Sequence[Candidate]) -> Sizes:
        """Return parameters and MACs of ``candidates``, or why they cannot be counted."""
        jobs = {each.name: self._make.count(each) for each in candidates}
        done = self._done(list(jobs.values()), "counting")
        return {name: _counted(done[job.key]) for name, job in jobs.items()}

    def scouted(self, tasks: Sequence[Task], sizes: Sizes) -> list[Scouted]:
        """Have ``tasks`` done, of networks whose ``sizes`` are known by their names."""
        done = self._done([task.job for task in tasks], "scouting")
        return [
            Scouted(task, _probed(done[task.job.key]), sizes.get(task.row.title)) for task in tasks
        ]

    def _done(self, jobs: Sequence[Job], doing: str) -> Outcomes:
        stored = {job.key: stored_result(job) for job in jobs}
        done: dict[str, JobResult | JobFailed] = {k: v for k, v in stored.items() if v is not None}
        waiting = list({job.key: job for job in jobs if job.key not in done}.values())
        if not waiting:
            return done
        self._notify(f"{doing}: 0 of {len(waiting)} done")
        self._executor = self._executor or make_executor(self._settings)
        for ended, (job, outcome) in enumerate(run_on(self._executor, waiting), 1):
            done[job.key] = outcome
            self._notify(f"{doing}: {ended} of {len(waiting)} done, the last {job.variant}")
        return done


def _probed(outcome: JobResult | JobFailed) -> Probed | JobFailed:
    assert isinstance(outcome, Probed | JobFailed)
    return outcome


def _counted(outcome: JobResult | JobFailed) -> Counted | JobFailed:
    assert isinstance(outcome, Counted | JobFailed)
    return outcome


def _too_large(candidates: Sequence[Candidate], sizes: Sizes) -> Iterator[Candidate]:
    """Yield what is known to take too long, but for the smallest input of each network."""
    for each in candidates:
        name = each.architecture.name
        least = min(c.input_size for c in candidates if c.architecture.name == name)
        size = sizes[each.name]
        macs = size.macs or 0 if isinstance(size, Counted) else 0
        if macs > MOST_MACS and each.input_size > least:
            yield each


def _left_out(candidate: Candidate) -> ScoutRow:
    size = candidate.input_size
    reason = f"it takes more than {MOST_MACS / 1e9:.0f} G MACs an image; --size {size} asks for it"
    return replace(candidate.row, status="left out", reason=reason)


def _controls(found: Sequence[Scouted], registry: Registry) -> Iterator[Candidate]:
    """Yield the random start of each network, at the input size at which its weights did best."""
    best: dict[str, tuple[float, int]] = {}
    for each in found:
        row, outcome = each.task.row, each.outcome
        if each.task.sha256 and isinstance(outcome, Probed):
            reached = (outcome.accuracy, -row.input_size)
            best[row.architecture] = max(best.get(row.architecture, reached), reached)
    for name, (_, size) in best.items():
        architecture = registry[name]
        if SCRATCH.kind in architecture.initialisations:
            yield Candidate(
                architecture=architecture, initialisation=SCRATCH.kind, input_size=-size
            )
