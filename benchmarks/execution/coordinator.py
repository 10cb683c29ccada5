"""The coordinator: runs the jobs that have no result yet, and knows each variant's way."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from benchmarks.engines.contract import InitialWeights
from benchmarks.engines.registry import engine_spec
from benchmarks.errors import JobFailed, Lost, Unavailable
from benchmarks.execution.executors.contract import EpochEnded, Event, Executor, Failed, Started
from benchmarks.execution.jobs.job import FitJob, Job, ScoreJob, TrainJob, TrialJob
from benchmarks.execution.jobs.kinds import describe, kind_of, spoilt_result, stored_result
from benchmarks.execution.plan import Plan, Start
from benchmarks.execution.tuning import Best, JobOutcome, Study, open_storage, tune
from benchmarks.machine.interrupts import end_if_interrupted
from benchmarks.metrics import metric_of
from benchmarks.protocol.variants import Variant
from benchmarks.store.folder import PretrainedFolder, RunFolder
from benchmarks.store.ledger import Ledger
from benchmarks.store.models import fitted_backbone
from benchmarks.store.reading import stored_fit
from benchmarks.store.records import (
    Completed,
    ExplainRecord,
    ExplainSpent,
    Fallback,
    FitRecord,
    FitSpent,
    FoundWeights,
    Pretrained,
    PretrainSpent,
    RobustnessRecord,
    RobustnessSpent,
    TrialRecord,
    TrialSpent,
    VariantOutcome,
    VariantStatus,
)
from benchmarks.store.writing import write_statuses, write_studies
from benchmarks.training.checkpoint import EpochRecord, is_spoilt
from datasets.files import sha256_of
from models.registry import ModelError

ATTEMPTS = 3
"""How often a job is begun that the environment takes from its worker."""
T = TypeVar("T")
Steps = Generator[Sequence[Job], list[JobOutcome], None]


class Watcher(Protocol):
    """Is told what happens, to show it."""

    def started(self, job: Job) -> None:
        """A worker has begun ``job``."""
        ...

    def epoch(self, job: Job, record: EpochRecord) -> None:
        """An epoch of ``job`` is over."""
        ...

    def ended(self, job: Job, outcome: JobOutcome, *, stored: bool) -> None:
        """``job`` has its outcome, just now or from an earlier run."""
        ...

    def note(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def tick(self) -> None:
        """Time passes."""
        ...


@dataclass
class _Lane:
    """One variant under way: its steps, and the batch of jobs that they wait for."""

    place: int
    name: str
    steps: Steps
    jobs: Sequence[Job] = field(default_factory=list)
    outcomes: dict[Path, JobOutcome] = field(default_factory=dict)

    @property
    def has_all(self) -> bool:
        """Whether every job that it waits for has its outcome."""
        return all(job.output in self.outcomes for job in self.jobs)


@dataclass(frozen=True)
class _Queued:
    """A job that waits for its ``turn``, or has it, for the ``attempt``-th time."""

    job: Job
    turn: tuple[bool, int, int]
    attempt: int = 1


class Coordinator:
    """Runs a plan into one results folder.

    Variants advance side by side, each through a generator that yields the jobs it needs next
    and receives their outcomes. Which worker ran what, and when, leaves no trace in the numbers.
    """

    def __init__(
        self,
        variants: list[Variant],
        plan: Plan,
        folder: RunFolder,
        executor: Executor,
        watcher: Watcher,
    ) -> None:
        self._variants = variants
        self._plan = plan
        self._folder = folder
        self._executor = executor
        self._watcher = watcher
        self._ledger = Ledger(folder.ledger)
        self._storage = open_storage(folder.journal)
        self._status: dict[str, VariantOutcome] = {}
        self._fits: dict[str, list[FitJob]] = {}
        self._trials: dict[str, tuple[TrialRecord, ...]] = {}
        self._published: object = None
        self._ready: dict[Path, _Queued] = {}
        self._running: dict[Path, _Queued] = {}
        self._lanes: dict[str, _Lane] = {}
        self.worked = False
        """Whether any job had to be carried out, as not all results were stored."""

    def run(self) -> Mapping[str, VariantOutcome]:
        """Bring every variant as far as it gets; return each one's status and reason."""
        self._drive([(v.name, self._steps(v)) for v in self._variants])
        scored = [v for v in self._variants if self._status[v.name].status == "ok"]
        self._drive([(v.name, self._inquired(v)) for v in scored])
        for variant in sorted(scored, key=lambda v: v.engine):  # each worker serves in one go
            self._drive([(variant.name, self._measured(variant))])
        self._publish()
        return self._status

    def _steps(self, variant: Variant) -> Steps:
        start = yield from self._start(variant)
        best = yield from self._tuned(variant, start)
        seeds = self._plan.protocol.fit.seeds
        fits = [self._plan.fit(variant, best.params, seed, start) for seed in seeds]
        self._fits[variant.name] = fits
        for job in fits:
            self._set_aside_stale(job)
        for job, outcome in zip(fits, (yield fits), strict=True):
            record = _required(outcome, FitRecord, f"the fit with seed {job.seed}")
            self._ledger.record(
                FitSpent(
                    variant=variant.name,
                    key=job.key,
                    seed=job.seed,
                    images_seen=record.images_seen,
                    seconds=record.train_seconds,
                )
            )
            _forget(job)
        for outcome in (yield [self._plan.score(job) for job in fits]):
            _required(outcome, Completed, "scoring")

    def _start(self, variant: Variant) -> Generator[Sequence[Job], list[JobOutcome], Start]:
        """Return the weights that the variant starts from, and their digest."""
        kind, _, rest = variant.initialisation.partition(":")
        if kind == "scratch":
            return Start()
        if kind in variant.architecture.published:
            outcome = (yield [self._plan.weights(variant)])[0]
            found = _required(outcome, FoundWeights, "looking for published weights")
            weights = InitialWeights(file=found.file, published=found.weights)
            return Start(weights, found.weights.sha256, found.weights.sha256)
        if kind == "source":
            job = self._plan.pretrain(variant)
            result = _required((yield [job])[0], Pretrained, "pre-training on the source")
            self._ledger.record(
                PretrainSpent(
                    variant=variant.architecture.name,
                    key=job.key,
                    images_seen=result.images_seen,
                    seconds=result.seconds,
                    source_accuracy=result.source_accuracy,
                )
            )
            backbone = PretrainedFolder(job.output.parent).backbone
            digest = result.files.get(backbone.name, "")
            return Start(InitialWeights(file=backbone), job.key, digest)
        file = Path(rest).expanduser() if kind == "file" else fitted_backbone(rest)
        if not file.is_file():
            raise Unavailable(f"{variant.initialisation}: no such file; give one that exists")
        digest = sha256_of(file)
        return Start(InitialWeights(file=file), digest, digest)

    def _tuned(
        self, variant: Variant, start: Start
    ) -> Generator[Sequence[Job], list[JobOutcome], Best]:
        if not variant.space:
            self._trials[variant.name] = ()
            return Best({}, ())
        protocol = self._plan.protocol
        minimise = not metric_of(protocol.selection).higher_is_better
        study = Study(
            self._storage,
            f"{variant.name} {self._plan.study_key(variant, start)[:16]}",
            variant.space,
            variant.defaults,
            seed=protocol.seed,
            minimise=minimise,
        )

        def trial_job(number: int, params: Mapping[str, Any], until: int) -> TrialJob:
            return self._plan.trial(variant, number, params, until, start)

        best = yield from tune(study, protocol.tuning, trial_job, minimise=minimise)
        kept = []
        for trial in best.trials:
            first = trial_job(trial.number, trial.params, protocol.tuning.rungs[0])
            kept.append(replace(trial, key=first.key))
            self._record_trial(variant, trial, first.key)
            _forget(first)
        self._trials[variant.name] = tuple(kept)
        return best

    def _record_trial(self, variant: Variant, trial: TrialRecord, key: str) -> None:
        self._ledger.record(
            TrialSpent(
                variant=variant.name,
                key=key,
                number=trial.number,
                state=trial.state,
                value=trial.value,
                images_seen=trial.images_seen,
                seconds=trial.seconds,
            )
        )

    def _measured(self, variant: Variant) -> Steps:
        """Measure a scored variant. It keeps its rank if that fails, and the page says so."""
        job = self._plan.measure(variant, self._fits[variant.name][0])
        outcome = (yield [job])[0]
        if isinstance(outcome, JobFailed):
            self._fall_back(job, f"{kind_of(job).failure}: {outcome}")

    def _inquired(self, variant: Variant) -> Steps:
        """Ask frozen fits more than their score; what fails is told and leaves ranks alone."""
        protocol, fits = self._plan.protocol, self._fits[variant.name]
        experiment = protocol.mistake is not None or protocol.counterpart is not None
        jobs: list[Job] = []
        if engine_spec(variant.engine).attention_edition is not None and not experiment:
            jobs.append(self._plan.explain(fits[0]))
        if protocol.robustness is not None:
            jobs += [self._plan.robustness(fit) for fit in fits]
        jobs += [views for fit in fits if (views := self._plan.views(fit)) is not None]
        if not jobs:
            return
        for job, outcome in zip(jobs, (yield jobs), strict=True):
            if isinstance(outcome, JobFailed):
                self._fall_back(job, f"{kind_of(job).failure}, seed {job.seed}: {outcome}")
            elif isinstance(outcome, ExplainRecord | RobustnessRecord):
                spent = ExplainSpent if isinstance(outcome, ExplainRecord) else RobustnessSpent
                self._ledger.record(
                    spent(
                        variant=variant.name,
                        key=job.key,
                        seed=job.seed,
                        images_seen=outcome.images_seen,
                        seconds=outcome.seconds,
                    )
                )

    def _fall_back(self, job: Job, what: str) -> None:
        self._ledger.record(Fallback(variant=job.variant, key=job.key, reason=what))
        self._watcher.note(f"{job.variant}: {what}")

    def _set_aside_stale(self, job: Job) -> None:
        fit = job.output.parent
        stored = stored_fit(fit)
        if stored and stored.key != job.key:
            place = self._folder.set_aside(fit, stored.key)
            self._watcher.note(
                f"{job.variant}, seed {job.seed}: the stored fit has other settings or code; "
                f"it is kept as {place.name} and trained again"
            )

    def _drive(self, lanes: list[tuple[str, Steps]]) -> None:
        """Run the lanes' jobs until every lane has ended."""
        self._lanes = {n: _Lane(i, n, steps) for i, (n, steps) in enumerate(lanes)}
        for lane in list(self._lanes.values()):
            self._advance(lane)
        while self._lanes:
            while self._ready and len(self._running) < self._executor.capacity:
                self._start_next()
            event = self._executor.wait(0.5)
            end_if_interrupted()
            if event is not None:
                self._handle(event)
            self._watcher.tick()

    def _start_next(self) -> None:
        place = min(self._ready, key=lambda p: self._ready[p].turn)
        self._running[place] = self._ready.pop(place)
        self._executor.submit(self._running[place].job)
        self.worked = True

    def _handle(self, event: Event) -> None:
        if isinstance(event, Started):
            self._watcher.started(event.job)
        elif isinstance(event, EpochEnded):
            self._watcher.epoch(event.job, event.record)
        else:
            queued = self._running.pop(event.job.output)
            outcome = event.error if isinstance(event, Failed) else event.result
            if isinstance(outcome, Lost):  # perhaps when all was written
                outcome = stored_result(event.job) or outcome
            if isinstance(outcome, Lost):
                if queued.attempt < ATTEMPTS:
                    self._try_again(queued, outcome)
                    return
                outcome = Lost(f"{outcome}, {ATTEMPTS} times in a row")
            self._watcher.ended(event.job, outcome, stored=False)
            for lane in list(self._lanes.values()):
                if any(job.output == event.job.output for job in lane.jobs):
                    lane.outcomes[event.job.output] = outcome
                    self._advance(lane)

    def _try_again(self, queued: _Queued, lost: Lost) -> None:
        """Queue a job once more that the environment took; its checkpoint is where it goes on."""
        again = replace(queued, attempt=queued.attempt + 1)
        self._ready[queued.job.output] = again
        self._watcher.note(
            f"{queued.job.variant}, {describe(queued.job)}: {lost}; "
            f"tried again ({again.attempt} of {ATTEMPTS})"
        )

    def _advance(self, lane: _Lane) -> None:
        """Take the lane as far as the outcomes go that it has, or that are stored."""
        while lane.name in self._lanes and lane.has_all:
            self._step(lane)

    def _step(self, lane: _Lane) -> None:
        """Give the lane its outcomes; it asks for its next jobs, or ends."""
        outcomes = [lane.outcomes[job.output] for job in lane.jobs] if lane.jobs else None
        try:
            lane.jobs = lane.steps.send(outcomes)  # type: ignore[arg-type]
        except StopIteration:
            return self._end(lane, "ok", "")
        except Unavailable as error:
            return self._end(lane, "not run", str(error))
        except (JobFailed, ModelError) as error:
            return self._end(lane, "failed", str(error))
        return self._queue(lane)

    def _queue(self, lane: _Lane) -> None:
        """Queue what the lane asks for, unless it is stored or another lane has asked."""
        lane.outcomes = {}
        for order, job in enumerate(lane.jobs):
            stored = stored_result(job)
            if stored is not None:
                lane.outcomes[job.output] = stored
                self._watcher.ended(job, stored, stored=True)
            elif job.output not in self._running and job.output not in self._ready:
                self._tell_spoilt(job)
                turn = (isinstance(job, ScoreJob), lane.place, order)
                self._ready[job.output] = _Queued(job, turn)

    def _tell_spoilt(self, job: Job) -> None:
        file = spoilt_result(job)
        if isinstance(job, TrainJob) and job.checkpoint and is_spoilt(job.checkpoint):
            file = job.checkpoint
        if file:
            self._watcher.note(
                f"{job.variant}, {describe(job)}: {file}: damaged, or changed since it was "
                "written; it is made again"
            )

    def _end(self, lane: _Lane, status: VariantStatus, reason: str) -> None:
        del self._lanes[lane.name]
        self._status[lane.name] = VariantOutcome(status, reason)
        if status != "ok":
            self._watcher.note(f"{lane.name}: {status}: {reason}")
        self._publish()

    def _publish(self) -> None:
        """Write how the variants ended and their trials, where that is new."""
        order = [v.name for v in self._variants]
        statuses = {n: self._status[n] for n in order if n in self._status}
        trials = {n: self._trials[n] for n in order if n in self._trials}
        if (statuses, trials) != self._published:
            write_statuses(self._folder, statuses)
            write_studies(self._folder, trials)
            self._published = statuses, trials


def _required(outcome: JobOutcome, record: type[T], what: str) -> T:
    if isinstance(outcome, Unavailable):
        raise outcome
    if isinstance(outcome, JobFailed):
        raise JobFailed(f"{what} failed: {outcome}")
    assert isinstance(outcome, record)
    return outcome


def _forget(job: TrainJob) -> None:
    """Remove the checkpoint of a training that is over."""
    assert job.checkpoint is not None
    shutil.rmtree(job.checkpoint, ignore_errors=True)
