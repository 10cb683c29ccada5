"""What the terminal shows while a run is under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.plan import expected_epochs
from benchmarks.execution.tuning import JobOutcome
from benchmarks.metrics import metric_of
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant

TRAINING = ("pretrain", "trial", "fit")
PLAIN_INTERVAL = 20.0
"""Seconds between two lines of progress where there is no terminal."""


@dataclass
class _Running:
    """A cell under way: since when, and its last epoch."""

    since: float
    record: Mapping[str, Any] = field(default_factory=dict)
    rate: float = 0.0


@dataclass
class _Effort:
    """Epochs that a variant is expected to take, has taken, and what they cost."""

    expected: float
    taken: float = 0.0
    seconds: float = 0.0

    def add(self, epochs: int, seconds: float, *, stored: bool) -> None:
        """Count a cell's epochs; stored ones cost nothing and tell nothing of the pace."""
        if stored:
            self.expected -= epochs
        else:
            self.taken += epochs
            self.seconds += seconds


class Display:
    """Shows a run on ``console``: live on a terminal, a line now and then without one.

    The console must not read markup: names and messages are printed as they are.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._running: dict[str, tuple[Job, _Running]] = {}
        self._efforts: dict[str, _Effort] = {}
        self._best: tuple[float, str] | None = None
        self._minimise = False
        self._workers = 1
        self._selection = "accuracy"
        self._said = time.monotonic()
        self._cells = 0

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
    def showing(self, variants: list[Variant], protocol: Protocol, workers: int) -> Iterator[None]:
        """Show the run from here to the end of the block."""
        self._workers = workers
        self._selection = protocol.selection
        self._minimise = not metric_of(protocol.selection).higher_is_better
        self._efforts = {v.name: _Effort(expected_epochs(v, protocol)) for v in variants}
        rows = f"{len(variants)} variants"
        trials = f"{protocol.tuning.trials} trials each, {len(protocol.fit.seeds)} seed(s)"
        self._console.print(f"{protocol.name}: {rows}, {trials}, {workers} worker(s)")
        if not self._console.is_terminal:
            yield
            return
        with Live(self._view(), console=self._console, refresh_per_second=4) as self._live:
            yield
        self._live = None

    def started(self, cell: Job) -> None:
        """Show that ``cell`` runs."""
        self._running[cell.key] = (cell, _Running(time.monotonic()))

    def epoch(self, cell: Job, record: dict[str, Any]) -> None:
        """Show an epoch's scores and speed."""
        if cell.key in self._running:
            running = self._running[cell.key][1]
            running.rate = record["images_seen"] / record["epoch"] / max(record["seconds"], 1e-9)
            running.record = record

    def ended(self, cell: Job, outcome: JobOutcome, *, stored: bool) -> None:
        """Count the cell's cost and remember the best validation score."""
        _, running = self._running.pop(cell.key, (cell, _Running(time.monotonic())))
        self._cells += not stored
        effort = self._efforts.get(cell.variant)
        if effort and cell.kind in ("trial", "fit"):
            effort.add(cell.until - cell.since, time.monotonic() - running.since, stored=stored)
        if isinstance(outcome, JobFailed):
            return
        score = outcome.get("validation" if cell.kind == "fit" else "value")
        if score is not None and self._is_better(score):
            self._best = (score, cell.variant)
        if cell.kind in ("fit", "pretrain") and not stored:
            self._console.print(self._line(cell, outcome))

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

    def _line(self, cell: Job, outcome: Mapping[str, Any]) -> str:
        if cell.kind == "pretrain":
            score, seconds = outcome["source_accuracy"], outcome["seconds"]
            return f"{cell.variant}: pre-trained, accuracy {score:.3f} there, {seconds:.0f} s"
        return (
            f"{cell.variant}, seed {cell.seed}: {self._selection} on validation "
            f"{outcome['validation']:.3f}, {outcome['epochs_run']} epochs, "
            f"{outcome['train_seconds']:.0f} s"
        )

    def _plain(self, cell: Job, running: _Running) -> str:
        score = running.record.get(metric_of(self._selection).validated_as)
        epoch = f" epoch {running.record['epoch']}/{cell.until}" if running.record else ""
        shown = f" {self._selection} {score:.3f}" if score is not None else ""
        rate = f" {running.rate:.0f} images/s" if running.rate else ""
        return f"{cell.variant} {stage(cell)}{epoch}{shown}{rate}"

    def _view(self) -> Group:
        table = Table(box=None, pad_edge=False, expand=False)
        for column in ("variant", "stage", "epoch", self._selection, "images/s"):
            right = column in ("epoch", "images/s", self._selection)
            table.add_column(column, justify="right" if right else "left")
        for cell, running in self._running.values():
            record = running.record
            score = record.get(metric_of(self._selection).validated_as)
            table.add_row(
                cell.variant,
                stage(cell),
                f"{record.get('epoch', 0)}/{cell.until}" if cell.kind in TRAINING else "",
                f"{score:.3f}" if score is not None else "",
                f"{running.rate:.0f}" if running.rate else "",
            )
        return Group(table, Text(self._summary(), style="dim"))

    def _summary(self) -> str:
        left = self._seconds_left()
        parts = [f"{self._cells} cells done"]
        if left is not None:
            parts.append(f"about {_duration(left)} left")
        if self._best:
            parts.append(f"best so far {self._best[1]} {self._best[0]:.3f} (validation)")
        return ", ".join(parts)

    def _seconds_left(self) -> float | None:
        """Estimate from each variant's own pace, or the mean pace where it has none yet."""
        paces = {n: e.seconds / e.taken for n, e in self._efforts.items() if e.taken}
        if not paces:
            return None
        mean = sum(paces.values()) / len(paces)
        todo = sum(
            max(e.expected - e.taken, 0) * paces.get(n, mean) for n, e in self._efforts.items()
        )
        return todo / self._workers


@contextmanager
def counting(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar for as long as the block lasts; yields a function of (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def stage(cell: Job) -> str:
    """Name what a cell does, for people."""
    if cell.kind == "trial":
        return f"trial {cell.trial}"
    names = {
        "weights": "looking for weights",
        "pretrain": "pre-training",
        "fit": f"fit, seed {cell.seed}",
        "score": f"scoring, seed {cell.seed}",
        "explain": f"attribution, seed {cell.seed}",
        "robustness": f"robustness, seed {cell.seed}",
        "measure": "measuring",
        "count": "counting",
        "bench": "timing",
    }
    return names[cell.kind]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
