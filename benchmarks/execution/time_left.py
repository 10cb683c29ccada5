"""How long a run still takes, from the pace of what it has trained and answered so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.data import corruptions
from benchmarks.engines.registry import is_floor
from benchmarks.engines.strategies import learning_stages
from benchmarks.execution.jobs.job import (
    Job,
    PretrainJob,
    RobustnessJob,
    ScoreJob,
    TrainJob,
    TrialJob,
)
from benchmarks.execution.plan import expected_epochs, pretraining_name
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant

FORWARD = 1 / 3
"""The share of a training step that its forward pass takes: the backward pass computes twice."""


@dataclass(frozen=True)
class SplitSizes:
    """The images of each split, and those of the data set that backbones are pre-trained on."""

    train: int
    validation: int
    test: int
    source: int = 0


@dataclass
class _Work:
    """Images that are to be worked through, and what those so far have cost."""

    expected: float
    done: float = 0.0
    timed: float = 0.0
    seconds: float = 0.0

    def add(self, images: float, timed: float = 0.0, seconds: float = 0.0) -> None:
        """Count ``images``, of which ``timed`` took ``seconds``; the others were stored."""
        self.done += images
        self.timed += timed
        self.seconds += seconds

    @property
    def left(self) -> float:
        return max(self.expected - self.done, 0.0)

    @property
    def pace(self) -> float | None:
        """Seconds for an image."""
        return self.seconds / self.timed if self.timed else None


@dataclass
class _Row:
    """What one variant, or the pre-training of one architecture, asks for.

    ``longest`` are the images of its longest training, which no second worker shortens;
    ``epochs`` are those that each training has reached, by its key.
    """

    variant: Variant
    training: _Work
    answering: _Work
    longest: float
    epochs: dict[str, int] = field(default_factory=dict)

    def is_like(self, other: _Row) -> bool:
        """Tell whether both train the same layers of the same network."""
        return _network(self.variant) == _network(other.variant)


class TimeLeft:
    """Counts what the jobs of a run have done, and reckons what is left of it."""

    def __init__(
        self, variants: Sequence[Variant], protocol: Protocol, workers: int, sizes: SplitSizes
    ) -> None:
        self._workers, self._sizes = workers, sizes
        self._train = min(sizes.train, protocol.data.train_images or sizes.train)
        self._rows = {v.name: self._row(v, protocol) for v in variants}
        if protocol.source is not None:
            for variant in variants:
                if variant.initialisation == "source":
                    images = float(protocol.source.epochs * sizes.source)
                    row = _Row(variant, _Work(images), _Work(0.0), images)
                    self._rows[pretraining_name(variant)] = row

    def epoch(self, job: Job, epoch: int, seconds: float) -> None:
        """Count the ``epoch``-th epoch of a training, from 1, which took ``seconds``."""
        row = self._rows.get(job.variant)
        if row is not None and isinstance(job, TrainJob):
            self._reach(row, job, epoch)
            row.training.add(0, self._images(job), seconds)

    def ended(self, job: Job, seconds: float, *, stored: bool, failed: bool) -> None:
        """Count all of a job that is over, or was so before: nothing more of it is to come.

        Nor is anything of a row that failed elsewhere than in a trial.
        """
        if failed and not isinstance(job, TrialJob):
            self._give_up(job)
        row = self._rows.get(job.variant)
        if row is None:
            return
        if isinstance(job, TrainJob):
            self._reach(row, job, job.until)
        elif isinstance(job, ScoreJob | RobustnessJob):
            images = self._answered(job)
            row.answering.add(images, *(() if stored else (images, seconds)))

    def seconds(self) -> float | None:
        """Return the seconds left; ``None`` before the first epoch of a network is over.

        A row that has not begun goes at the pace of one that trains the same network; where there
        is none it is not in them, but `untimed`. The longest training bounds what more workers can
        save.
        """
        paces = ((row, self._pace(row, _training)) for row in self._rows.values())
        known = [(row, pace) for row, pace in paces if pace is not None]
        if not any(row.training.timed for row, _ in known):
            return None
        training = sum(row.training.left * pace for row, pace in known)
        answering = sum(row.answering.left * self._answering_pace(row, pace) for row, pace in known)
        total = training + answering
        longest = max(min(row.training.left, row.longest) * pace for row, pace in known)
        return max(total / self._workers, longest)

    def untimed(self) -> int:
        """Return how many networks have something to train at a pace that is not known yet."""
        return sum(
            row.training.left > 0 and self._pace(row, _training) is None
            for row in self._rows.values()
            if not is_floor(row.variant.engine)
        )

    def _row(self, variant: Variant, protocol: Protocol) -> _Row:
        seeds = len(protocol.fit.seeds)
        answers = self._sizes.validation + self._sizes.test
        if protocol.robustness is not None:
            answers += self._corrupted(protocol.robustness.images)
        return _Row(
            variant,
            training=_Work(expected_epochs(variant, protocol) * self._train),
            answering=_Work(float(seeds * answers)),
            longest=float(min(protocol.fit.epochs, variant.recipe.epochs) * self._train),
        )

    def _reach(self, row: _Row, job: TrainJob, epoch: int) -> None:
        before = row.epochs.get(job.key, job.since if isinstance(job, TrialJob) else 0)
        row.epochs[job.key] = max(epoch, before)
        row.training.add((row.epochs[job.key] - before) * self._images(job))

    def _give_up(self, job: Job) -> None:
        for name, row in self._rows.items():
            needs = pretraining_name(row.variant) if row.variant.initialisation == "source" else ""
            if job.variant in (name, needs):
                row.training.expected, row.answering.expected = 0.0, 0.0

    def _images(self, job: TrainJob) -> int:
        return self._sizes.source if isinstance(job, PretrainJob) else self._train

    def _answered(self, job: ScoreJob | RobustnessJob) -> float:
        if isinstance(job, RobustnessJob):
            return self._corrupted(job.identity.images)
        return self._sizes.validation + self._sizes.test

    def _corrupted(self, images: int | None) -> int:
        versions = 1 + sum(len(each.severities) for each in corruptions.CORRUPTIONS)
        return versions * min(images or self._sizes.test, self._sizes.test)

    def _pace(self, row: _Row, work: Callable[[_Row], _Work]) -> float | None:
        """Return the row's own pace, or that of rows which train the same network."""
        if (own := work(row).pace) is not None:
            return own
        alike = [work(each).pace for each in self._rows.values() if each.is_like(row)]
        paces = [pace for pace in alike if pace is not None]
        return sum(paces) / len(paces) if paces else None

    def _answering_pace(self, row: _Row, training: float) -> float:
        known = self._pace(row, _answering)
        return FORWARD * training if known is None else known


def _training(row: _Row) -> _Work:
    return row.training


def _answering(row: _Row) -> _Work:
    return row.answering


def _network(variant: Variant) -> tuple[str, int, int | None]:
    return variant.architecture.name, variant.input_size, learning_stages(variant.strategy)
