"""The kinds of jobs, one row each: how it is executed, kept and named. Imports no engine."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.execution.jobs.job import (
    AgainstJob,
    BenchJob,
    CountJob,
    ExplainJob,
    FitJob,
    Job,
    MeasureJob,
    PixelsJob,
    PretrainJob,
    RobustnessJob,
    ScoreJob,
    ScoutJob,
    TrialJob,
    ViewsJob,
    WeightsJob,
)
from benchmarks.execution.jobs.results import (
    AgainstResult,
    BenchResult,
    Counted,
    JobResult,
    Probed,
)
from benchmarks.store.files import (
    array_attributes,
    json_values,
    record_of,
    table_attributes,
    whole,
)
from benchmarks.store.models import spoilt_files
from benchmarks.store.records import (
    Completed,
    CostRecord,
    ExplainRecord,
    FitRecord,
    FoundWeights,
    Pretrained,
    RobustnessRecord,
    RungResult,
    ViewsRecord,
)
from datasets.digested import holds
from datasets.files import sha256_once

if TYPE_CHECKING:
    from benchmarks.engines.contract import Engine
    from benchmarks.training.checkpoint import OnEpoch

JOBS = "benchmarks.execution.jobs"
Role = Literal["train", "score"]
ReadRecord = Callable[[bytes], Any]


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """One kind of job.

    ``execute`` names the function ``module:function`` that does it. ``record`` is the type of its
    result, which ``read`` finds in the bytes of the job's output. The ``role`` of its worker
    decides what that may open. ``fresh`` gives it a process of its own, so that its time and
    memory are its own. ``doing`` says, with the job's fields, what happens, and ``failure`` what
    could not be done where a row keeps its rank without it. A worker that takes no step of it for
    ``patience`` seconds, beside what the step's images may take, hangs; the first step compiles a
    network, for many minutes on a slow machine.
    """

    name: str
    execute: str
    record: type[JobResult]
    doing: str
    read: ReadRecord = json_values
    role: Role = "train"
    fresh: bool = False
    failure: str = ""
    patience: float = 3600.0

    def stored(self, job: Job) -> JobResult | None:
        """Return the result of ``job`` if it is on disk under the very same key, as written."""
        content = whole(job.output)
        result = self._result(job, content) if content is not None else None
        known = result is not None and not _spoilt(job, result) and not _is_gone(result)
        return result if known else None

    def spoilt(self, job: Job) -> Path | None:
        """Return a file of the result of ``job`` that is not as it was written, if there is one.

        What another job left in that place is none of its result.
        """
        content = job.output.read_bytes() if job.output.is_file() else b""
        if holds(content) is False:
            return job.output
        result = self._result(job, content)
        if result is None:
            return None
        return _spoilt(job, result) if holds(content) else job.output

    def _result(self, job: Job, content: bytes) -> JobResult | None:
        """Return what ``content`` says of itself if that is the result of ``job``."""
        result = record_of(self.record, self.read(content))
        return result if result is not None and result.key in job.served_by else None


def _is_gone(result: JobResult) -> bool:
    """Tell whether published weights are no longer where they were found, so that others may be."""
    if not isinstance(result, FoundWeights):
        return False
    return not result.file.is_file() or sha256_once(result.file) != result.weights.sha256


def _spoilt(job: Job, result: JobResult) -> Path | None:
    """Return a file beside the record of a training that is not the one which it names."""
    if not isinstance(result, FitRecord | Pretrained):
        return None
    unnamed = set(result.model_files if isinstance(result, FitRecord) else ()) - set(result.files)
    place = job.output.parent
    return next((place / name for name in unnamed), next(spoilt_files(place, result.files), None))


KINDS: Mapping[type[Job], JobKind] = {
    WeightsJob: JobKind(
        name="weights",
        execute=f"{JOBS}.measuring:weights",
        record=FoundWeights,
        doing="looking for weights",
        patience=6 * 3600.0,  # a download is one step
    ),
    PretrainJob: JobKind(
        name="pretrain",
        execute=f"{JOBS}.training:pretrain",
        record=Pretrained,
        fresh=True,
        doing="pre-training",
    ),
    TrialJob: JobKind(
        name="trial",
        execute=f"{JOBS}.training:trial",
        record=RungResult,
        doing="trial {job.number}",
    ),
    FitJob: JobKind(
        name="fit",
        execute=f"{JOBS}.training:fit",
        record=FitRecord,
        fresh=True,
        doing="fit, seed {job.seed}",
    ),
    ScoreJob: JobKind(
        name="score",
        execute=f"{JOBS}.scoring:score",
        record=Completed,
        read=table_attributes,
        role="score",
        doing="scoring, seed {job.seed}",
    ),
    ExplainJob: JobKind(
        name="explain",
        execute=f"{JOBS}.scoring:explain",
        record=ExplainRecord,
        read=array_attributes,
        role="score",
        doing="attribution, seed {job.seed}",
        failure="where it looks could not be found out",
    ),
    RobustnessJob: JobKind(
        name="robustness",
        execute=f"{JOBS}.scoring:robustness",
        record=RobustnessRecord,
        read=table_attributes,
        role="score",
        doing="robustness, seed {job.seed}",
        failure="it could not be scored under corruptions",
    ),
    ViewsJob: JobKind(
        name="views",
        execute=f"{JOBS}.scoring:views",
        record=ViewsRecord,
        read=table_attributes,
        role="score",
        doing="views, seed {job.seed}",
        failure="it could not be scored on further views",
    ),
    MeasureJob: JobKind(
        name="measure",
        execute=f"{JOBS}.measuring:measure",
        record=CostRecord,
        role="score",
        doing="measuring",
        failure="its cost could not be measured",
    ),
    CountJob: JobKind(
        name="count",
        execute=f"{JOBS}.measuring:count",
        record=Counted,
        doing="counting",
    ),
    BenchJob: JobKind(
        name="bench",
        execute=f"{JOBS}.measuring:bench",
        record=BenchResult,
        fresh=True,
        doing="timing",
    ),
    AgainstJob: JobKind(
        name="against",
        execute=f"{JOBS}.against:against",
        record=AgainstResult,
        fresh=True,
        doing="timing against bare loops",
    ),
    ScoutJob: JobKind(
        name="scout",
        execute=f"{JOBS}.scouting:scout",
        record=Probed,
        read=array_attributes,
        doing="scouting",
    ),
    PixelsJob: JobKind(
        name="pixels",
        execute=f"{JOBS}.scouting:pixels",
        record=Probed,
        read=array_attributes,
        doing="probing pixels",
    ),
}


def kind_of(job: Job) -> JobKind:
    """Return the row of ``job``."""
    return KINDS[type(job)]


def describe(job: Job) -> str:
    """Say in a few words what ``job`` does."""
    return kind_of(job).doing.format(job=job)


def stored_result(job: Job) -> JobResult | None:
    """Return the result of ``job`` if it is on disk under the very same key."""
    return kind_of(job).stored(job)


def spoilt_result(job: Job) -> Path | None:
    """Return a file that keeps the result of ``job`` on disk from being used, if there is one."""
    return kind_of(job).spoilt(job)


def execute(job: Job, engine: Engine, on_epoch: OnEpoch) -> JobResult:
    """Do what ``job`` asks with ``engine``; ``on_epoch`` is told each epoch that is trained.

    The result is written to ``job.output`` before it is returned, so that a kill loses nothing
    that is finished.
    """
    engine.prepare(threads=job.threads, precision=job.precision, seed=job.seed)
    module, _, function = kind_of(job).execute.partition(":")
    result: JobResult = getattr(importlib.import_module(module), function)(job, engine, on_epoch)
    return result
