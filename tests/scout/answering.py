"""An executor that scouts and counts nothing, and answers as if it had."""

from __future__ import annotations

import numpy as np

from benchmarks.data.samples import open_sample
from benchmarks.errors import JobFailed
from benchmarks.execution.executors.contract import Done, Event, ExecutorSettings, Failed
from benchmarks.execution.jobs.job import CountJob, Job, PixelsJob, ScoutJob
from benchmarks.execution.jobs.results import CORRECT, Counted, Probed
from benchmarks.store.files import values_of, write_arrays, write_record

LITE, VGG = "timm:tf_efficientnet_lite0", "vgg16"
SHARES = {f"{LITE}.imagenet@96": 0.8, f"{LITE}.imagenet@48": 0.6, f"{VGG}.edges@48": 0.5}
"""What candidates are right in; all else in a quarter."""


class Answering:
    """An executor that answers each job at once but ``broken``; ``asked`` lists the jobs."""

    capacity = 2

    def __init__(self, settings: ExecutorSettings, broken: str = "") -> None:
        self.settings, self.broken, self.closed = settings, broken, False
        self.asked: list[str] = []
        self._events: list[Event] = []

    def submit(self, job: Job) -> None:
        counted = f"count {job.input_size} " if isinstance(job, CountJob) else ""
        self.asked.append(f"{counted}{job.variant}")
        failed = job.variant == self.broken
        self._events.append(Failed(job, JobFailed("no memory")) if failed else _done(job))

    def wait(self, timeout: float) -> Event:
        return self._events.pop(0)

    def close(self) -> None:
        self.closed = True


def _done(job: Job) -> Done:
    if isinstance(job, CountJob):
        macs = 50_000 * job.input_size**2 * (10 if job.architecture == VGG else 1)
        counted = Counted(key=job.key, parameters=100, macs=macs)
        write_record(job.output, counted)
        return Done(job, counted)
    assert isinstance(job, ScoutJob | PixelsJob)
    images = len(open_sample(job.sample).labels)
    correct = np.arange(images) < images * SHARES.get(job.variant, 0.25)
    found = Probed(key=job.key, features=8, accuracy=correct.mean(), logme=-0.3, seconds=1.0)
    write_arrays(job.output, {CORRECT: correct}, values_of(found))
    return Done(job, found)
