"""How long a run still takes, from the pace of what it has trained and answered so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.data import corruptions
from benchmarks.engines.registry import is_floor
from benchmarks.engines.strategies import learning_stages
from benchmarks.execution.expected import epoch_costs, expected
from benchmarks.execution.jobs.job import (
    FitJob,
    Job,
    PretrainJob,
    RobustnessJob,
    ScoreJob,
    TrainJob,
    TrialJob,
)
from benchmarks.execution.plan import pretraining_name
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
    """Images that are to be worked through, and what those so far have cost.

    One that is trained on with a smaller input counts as the share of the pixels that it has.
    """

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

    Its trainings follow each other whatever the workers: the pre-training that it is ``after``, a
    trial of each generation, a fit. ``generations`` and ``fits`` are the images that such a one
    has left, by generation and by seed. ``reached`` are those that each training has had, by its
    key.
    """

    variant: Variant
    training: _Work
    answering: _Work
    generations: dict[int, float] = field(default_factory=dict)
    fits: dict[int, float] = field(default_factory=dict)
    after: _Row | None = None
    reached: dict[str, float] = field(default_factory=dict)

    @property
    def chain(self) -> float:
        """The images of trainings that follow each other."""
        return sum(self.generations.values()) + max(self.fits.values(), default=0.0)

    def give_up(self) -> None:
        """Expect nothing more of it."""
        self.training.expected, self.answering.expected = 0.0, 0.0
        self.generations.clear()
        self.fits.clear()

    def is_like(self, other: _Row) -> bool:
        """Tell whether both train the same layers of the same network."""
        return _network(self.variant) == _network(other.variant)


class TimeLeft:
    """Counts what the jobs of a run have done, and reckons what is left of it."""

    def __init__(
        self, variants: Sequence[Variant], protocol: Protocol, workers: int, sizes: SplitSizes
    ) -> None:
        self._workers, self._sizes, self._generation = workers, sizes, protocol.tuning.generation
        self._train = min(sizes.train, protocol.data.train_images or sizes.train)
        self._rows = {v.name: self._row(v, protocol) for v in variants}
        if protocol.source is not None:
            for variant in variants:
                if variant.initialisation == "source":
                    row = self._pretraining(variant, protocol.source.epochs)
                    self._rows[pretraining_name(variant)] = row
                    self._rows[variant.name].after = row

    def epoch(self, job: Job, epoch: int, seconds: float) -> None:
        """Count the ``epoch``-th epoch of a training, from 1, which took ``seconds``."""
        row = self._rows.get(job.variant)
        if row is not None and isinstance(job, TrainJob):
            self._reach(row, job, epoch)
            images = self._images(row, job, epoch) - self._images(row, job, epoch - 1)
            row.training.add(0, images, seconds)

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
        is none it is not in them, but `untimed`. The trainings of a row that follow each other
        bound what more workers can save.
        """
        paces = ((row, self._pace(row, _training)) for row in self._rows.values())
        known = [(row, pace) for row, pace in paces if pace is not None]
        if not any(row.training.timed for row, _ in known):
            return None
        training = sum(row.training.left * pace for row, pace in known)
        answering = sum(row.answering.left * self._answering_pace(row, pace) for row, pace in known)
        total = training + answering
        return max(total / self._workers, *(self._chain(row, pace) for row, pace in known))

    def untimed(self) -> int:
        """Return how many networks have something to train at a pace that is not known yet."""
        return sum(
            row.training.left > 0 and self._pace(row, _training) is None
            for row in self._rows.values()
            if not is_floor(row.variant.engine)
        )

    def _chain(self, row: _Row, pace: float) -> float:
        """Return the seconds of what is left of ``row`` that no second worker shortens."""
        before = row.after.chain * (self._pace(row.after, _training) or 0.0) if row.after else 0.0
        return before + row.chain * pace

    def _row(self, variant: Variant, protocol: Protocol) -> _Row:
        seeds, asked = protocol.fit.seeds, expected(variant, protocol)
        answers = self._sizes.validation + self._sizes.test
        if protocol.robustness is not None:
            answers += self._corrupted(protocol.robustness.images)
        return _Row(
            variant,
            training=_Work(asked.total * self._train),
            answering=_Work(float(len(seeds) * answers)),
            generations=dict.fromkeys(range(asked.generations), asked.generation * self._train),
            fits=dict.fromkeys(seeds, asked.fit * self._train),
        )

    def _pretraining(self, variant: Variant, epochs: int) -> _Row:
        recipe = variant.architecture.recipe_for("fine-tune", "scratch")
        costs = epoch_costs(variant.architecture, variant.input_size, recipe, epochs)
        images = sum(costs) * self._sizes.source
        return _Row(variant, _Work(images), _Work(0.0), generations={0: images})

    def _reach(self, row: _Row, job: TrainJob, epoch: int) -> None:
        since = job.since if isinstance(job, TrialJob) else 0
        before = row.reached.get(job.key, self._images(row, job, since))
        reached = row.reached[job.key] = max(self._images(row, job, epoch), before)
        row.training.add(reached - before)
        self._follow(row, job, self._images(row, job, job.epochs) - reached)

    def _follow(self, row: _Row, job: TrainJob, left: float) -> None:
        """Take down what a training has ``left``: what it follows is over."""
        if isinstance(job, FitJob):
            row.generations.clear()
            row.fits[job.seed] = left
            return
        place = job.number // self._generation if isinstance(job, TrialJob) else 0
        for generation in [each for each in row.generations if each < place]:
            del row.generations[generation]
        if place in row.generations:
            row.generations[place] = min(left, row.generations[place])

    def _give_up(self, job: Job) -> None:
        for name, row in self._rows.items():
            needs = pretraining_name(row.variant) if row.variant.initialisation == "source" else ""
            if job.variant in (name, needs):
                row.give_up()

    def _images(self, row: _Row, job: TrainJob, epochs: int) -> float:
        """Return the images of the first ``epochs`` of a training."""
        architecture = row.variant.architecture
        costs = epoch_costs(architecture, job.input_size, job.recipe, job.epochs)
        images = self._sizes.source if isinstance(job, PretrainJob) else self._train
        return sum(costs[:epochs]) * images

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
