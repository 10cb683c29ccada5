"""What the terminal shows while a run is under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.job import Job, TrainJob
from benchmarks.execution.jobs.kinds import describe
from benchmarks.execution.time_left import SplitSizes, TimeLeft
from benchmarks.execution.tuning import JobOutcome
from benchmarks.machine.timing import rough_duration
from benchmarks.metrics import metric_of
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant
from benchmarks.store.records import FitRecord, Pretrained, RungResult
from benchmarks.training.checkpoint import EpochRecord

PLAIN_INTERVAL = 20.0
"""Seconds between two lines of progress where there is no terminal."""


@dataclass
class _Running:
    """A job under way: since when, and its last epoch."""

    since: float
    record: EpochRecord | None = None
    rate: float = 0.0


class Display:
    """Shows a run on ``console``: live on a terminal, a line now and then without one.

    The console must not read markup: names and messages are printed as they are.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._running: dict[str, tuple[Job, _Running]] = {}
        self._time_left: TimeLeft | None = None
        self._best: tuple[float, str] | None = None
        self._minimise = False
        self._selection = "accuracy"
        self._said = time.monotonic()
        self._jobs = 0

    @contextmanager
    def preparing(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """Show the decoding of a data set; yields a function of (done, total)."""
        with counting(self._console, f"preparing {name}") as progress:
            yield progress

    @contextmanager
    def auditing(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """Show the audit of a data set; yields a function of (done, total)."""
        with counting(self._console, f"auditing {name}") as progress:
            yield progress

    @contextmanager
    def showing(
        self, variants: list[Variant], protocol: Protocol, workers: int, sizes: SplitSizes
    ) -> Iterator[None]:
        """Show the run from here to the end of the block."""
        self._selection = protocol.selection
        self._minimise = not metric_of(protocol.selection).higher_is_better
        self._time_left = TimeLeft(variants, protocol, workers, sizes)
        rows = f"{len(variants)} variant(s)"
        trials = f"{protocol.tuning.trials} trial(s) each, {len(protocol.fit.seeds)} seed(s)"
        self._console.print(f"{protocol.name}: {rows}, {trials}, {workers} worker(s)")
        if not self._console.is_terminal:
            yield
            return
        with Live(self._view(), console=self._console, refresh_per_second=4) as self._live:
            yield
        self._live = None

    def started(self, job: Job) -> None:
        """Show that ``job`` runs."""
        self._running[job.key] = (job, _Running(time.monotonic()))

    def epoch(self, job: Job, record: EpochRecord) -> None:
        """Show an epoch's scores and speed."""
        if job.key in self._running:
            running = self._running[job.key][1]
            running.rate = record.images_seen / record.epoch / max(record.seconds, 1e-9)
            running.record = record
        if self._time_left is not None:
            self._time_left.epoch(job, record.epoch, record.seconds)

    def ended(self, job: Job, outcome: JobOutcome, *, stored: bool) -> None:
        """Count the job's cost and remember the best validation score."""
        _, running = self._running.pop(job.key, (job, _Running(time.monotonic())))
        self._jobs += not stored
        failed = isinstance(outcome, JobFailed)
        if self._time_left is not None:
            seconds = time.monotonic() - running.since
            self._time_left.ended(job, seconds, stored=stored, failed=failed)
        if isinstance(outcome, JobFailed):
            return
        score = _validated(outcome)
        if score is not None and self._is_better(score):
            self._best = (score, job.variant)
        if isinstance(outcome, FitRecord | Pretrained) and not stored:
            self._console.print(self._line(job, outcome))

    def note(self, text: str) -> None:
        """Say something that the user should know."""
        self._console.print(text, style="yellow")

    def tick(self) -> None:
        """Refresh the view, or print a line if it is time."""
        if self._live is not None:
            self._live.update(self._view())
        elif time.monotonic() - self._said > PLAIN_INTERVAL and self._running:
            self._said = time.monotonic()
            self._console.print("; ".join(self._plain(*it) for it in self._running.values()))
            self._console.print(self._summary())

    def _is_better(self, score: float) -> bool:
        if self._best is None:
            return True
        return score < self._best[0] if self._minimise else score > self._best[0]

    def _line(self, job: Job, outcome: FitRecord | Pretrained) -> str:
        if isinstance(outcome, Pretrained):
            score, seconds = outcome.source_accuracy, outcome.seconds
            return f"{job.variant}: pre-trained, accuracy {score:.3f} there, {seconds:.0f} s"
        return (
            f"{job.variant}, seed {job.seed}: {self._selection} on validation "
            f"{outcome.validation:.3f}, {outcome.epochs_run} epochs, "
            f"{outcome.train_seconds:.0f} s"
        )

    def _plain(self, job: Job, running: _Running) -> str:
        score = self._shown(running.record)
        epoch = f" epoch {_epoch(job, running)}" if running.record else ""
        shown = f" {self._selection} {score}" if score else ""
        rate = f" {running.rate:.0f} images/s" if running.rate else ""
        return f"{job.variant} {describe(job)}{epoch}{shown}{rate}"

    def _shown(self, record: EpochRecord | None) -> str:
        """Return the selection metric of an epoch, blank before the first."""
        return f"{record.validation[self._selection]:.3f}" if record else ""

    def _view(self) -> Group:
        table = Table(box=None, pad_edge=False, expand=False)
        for column in ("variant", "stage", "epoch", self._selection, "images/s"):
            right = column in ("epoch", "images/s", self._selection)
            table.add_column(column, justify="right" if right else "left")
        for job, running in self._running.values():
            table.add_row(
                job.variant,
                describe(job),
                _epoch(job, running),
                self._shown(running.record),
                f"{running.rate:.0f}" if running.rate else "",
            )
        return Group(table, Text(self._summary(), style="dim"))

    def _summary(self) -> str:
        left = self._time_left.seconds() if self._time_left else None
        parts = [f"{self._jobs} jobs done"]
        if self._time_left is not None and left is not None:
            bound = "more than" if self._time_left.untimed() else "about"
            parts.append(f"{bound} {rough_duration(left)} left")
        if self._best:
            parts.append(
                f"best trial or fit so far {self._best[1]} {self._best[0]:.3f} (validation)"
            )
        return ", ".join(parts)


def _epoch(job: Job, running: _Running) -> str:
    if not isinstance(job, TrainJob):
        return ""
    return f"{running.record.epoch if running.record else 0}/{job.until}"


def _validated(outcome: JobOutcome) -> float | None:
    if isinstance(outcome, RungResult):
        return outcome.value
    return outcome.validation if isinstance(outcome, FitRecord) else None


@contextmanager
def counting(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar for as long as the block lasts; yields a function of (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
