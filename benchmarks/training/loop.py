"""The training loop: the same epochs, validation, selection and checkpoints for every engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import (
    Arrays,
    Engine,
    Images,
    InitialWeights,
    Learner,
    Task,
)
from benchmarks.engines.strategies import Strategy, learning_stages
from benchmarks.metrics import selecting
from benchmarks.training.augmentation import Geometry
from benchmarks.training.checkpoint import (
    Checkpoint,
    EpochRecord,
    OnEpoch,
    TrainingProgress,
    scores,
)
from benchmarks.training.features import FeatureCache, FrozenFeatures, fixed_views
from benchmarks.training.progressive import Builder
from benchmarks.training.schedule import (
    average_decay,
    best_epoch,
    learning_rate,
    plateau_scale,
    should_stop,
)
from benchmarks.training.stream import (
    LabelledBatch,
    batch_count,
    batches,
    fixed_view,
    network_seed,
)
from benchmarks.training.weighting import class_weights, sample_weights
from models.registry import Architecture, Augmentation, Recipe

SECONDS_BETWEEN_CHECKPOINTS = 60


class TrainingDiverged(RuntimeError):
    """The loss stopped being a number; the message names the epoch."""

    def __init__(self, epoch: int, learning_rate: float) -> None:
        super().__init__(
            f"training diverged in epoch {epoch}: the loss is not finite; "
            f"lower the learning rate ({learning_rate:g}) or set clip_norm"
        )
        self.epoch = epoch


@dataclass(frozen=True)
class Examples:
    """Images, uint8 N×H×W×C, and their classes, int64 N.

    ``targets`` are what is trained on, float32 N×K, where that is not the class alone.
    """

    images: Images
    labels: NDArray[np.int64]
    targets: NDArray[np.float32] | None = None

    @property
    def wanted(self) -> NDArray[np.int64] | NDArray[np.float32]:
        """What training takes for right, as `benchmarks.training.stream.batches` takes it."""
        return self.labels if self.targets is None else self.targets


@dataclass(frozen=True)
class TrainingData:
    """All that training may see."""

    train: Examples
    validation: Examples


@dataclass(frozen=True, kw_only=True)
class Course:
    """How one fit goes.

    ``epochs`` is the horizon of the schedule; training stops after epoch ``until`` (a rung).
    ``metric``, one of `benchmarks.metrics.selecting`, on validation, selects the best epoch and
    drives early stopping and plateau.
    """

    recipe: Recipe
    strategy: Strategy
    augmentation: Augmentation
    epochs: int
    until: int
    protocol_seed: int
    fit_seed: int
    metric: str

    @property
    def views(self) -> int:
        """How many fixed views of the training images a frozen backbone sees, see `fixed_views`."""
        return fixed_views(self.recipe, self.augmentation)

    def view(self, epoch: int) -> int | None:
        """Return the fixed view that ``epoch`` (from 0) sees, ``None`` where it sees none."""
        return epoch % self.views if self.views and epoch < self.frozen_epochs else None

    @property
    def frozen_epochs(self) -> int:
        """The epochs at the start in which the backbone is frozen."""
        if self.strategy == "frozen-then-fine-tune":
            return min(max(1, round(self.recipe.frozen_share * self.epochs)), self.epochs - 1)
        return self.epochs if self.strategy == "frozen" else 0

    def learning_stages(self, epoch: int) -> int | None:
        """Return how many stages of the backbone learn in ``epoch`` (from 0); ``None`` is all."""
        return 0 if epoch < self.frozen_epochs else learning_stages(self.strategy)

    @property
    def small_epochs(self) -> int:
        """The epochs at the start that have a smaller input."""
        if not self.recipe.progressive:
            return 0
        return min(max(1, round(self.recipe.progressive * self.epochs)), self.epochs - 1)

    def phase_start(self, epoch: int) -> int:
        """Return the first epoch (from 0) of the phase that ``epoch`` is in.

        Phases differ in what is frozen or in the size of the input.
        """
        starts = (0, self.frozen_epochs, self.small_epochs)
        return max(start for start in starts if start <= epoch)

    def selectable(self, history: list[EpochRecord]) -> list[EpochRecord]:
        """Return the epochs of which the best is kept: those whose input the network now has."""
        return history[self.small_epochs :] or history

    def stops(self, history: list[EpochRecord]) -> bool:
        """Tell whether early stopping ends the fit; no phase but the last is ever cut short."""
        ends = (self.frozen_epochs, self.small_epochs)
        if any(len(history) <= end < self.epochs for end in ends):
            return False
        phase = history[self.phase_start(len(history) - 1) :]
        return should_stop(scores(phase, self.metric), self.recipe.early_stopping)

    def rate(self, history: list[EpochRecord], step: int, steps: int) -> float:
        """Return the learning rate of ``step`` out of ``steps`` in the epoch after ``history``."""
        epoch, recipe = len(history), self.recipe
        phase = scores(history[self.phase_start(epoch) :], self.metric)
        return learning_rate(
            recipe.schedule,
            recipe.learning_rate,
            step=epoch * steps + step,
            steps=self.epochs * steps,
            plateau_scale=plateau_scale(phase, recipe.plateau_patience, recipe.plateau_factor),
            warm_up=recipe.warm_up,
        )


@dataclass(frozen=True, kw_only=True)
class TrainingOutcome:
    """What a fit came to. ``learner`` has the weights of ``best_epoch`` (from 1), or their average.

    ``best_value`` is the selection metric there, in its own sense (a log loss is positive).
    ``stopped`` tells whether early stopping ended it.
    """

    learner: Learner
    history: list[EpochRecord]
    best_epoch: int
    best_value: float
    images_seen: int
    stopped: bool


def train(
    engine: Engine,
    architecture: Architecture,
    task: Task,
    data: TrainingData,
    course: Course,
    weights: InitialWeights,
    *,
    checkpoint: Path | None = None,
    cache: FeatureCache | None = None,
    on_epoch: OnEpoch = lambda record: None,
) -> TrainingOutcome:
    """Train one network, from the start or from where ``checkpoint`` (a folder) left it.

    With a checkpoint the result is bit-identical to an unbroken training. ``cache`` lets a frozen
    backbone see each fixed view once, for all trainings that begin with it.
    ``on_epoch`` is told each epoch that is trained now. Raises ``ModelError`` where the weights
    cannot be had and ``TrainingDiverged`` where the loss is no longer a number.
    """
    builder = Builder(engine, architecture, task, course.recipe, weights)
    if course.recipe.progressive:
        builder.refuse_dependent(course.learning_stages(course.epochs - 1))
    keeper = None
    if checkpoint is not None:
        keeper = Checkpoint(checkpoint, _identity(engine, architecture, task, course, weights))
    fit = _Fit(builder, data, course, cache, keeper.load() if keeper else None)
    fit.run(keeper, on_epoch)
    return fit.outcome()


def _identity(
    engine: Engine, architecture: Architecture, task: Task, course: Course, weights: InitialWeights
) -> dict[str, Any]:
    """Describe a fit but for ``until``: what must agree for it to go on from a checkpoint."""
    agreed = {k: v for k, v in asdict(course).items() if k != "until"}
    return {
        "architecture": architecture.name,
        "task": asdict(task),
        "course": agreed,
        "initial_weights": weights.kind,
        "conditions": dict(engine.conditions()),
    }


class _Fit:
    """One fit under way: a learner and its history."""

    def __init__(
        self,
        builder: Builder,
        data: TrainingData,
        course: Course,
        cache: FeatureCache | None,
        progress: TrainingProgress | None,
    ) -> None:
        self.builder, self.data, self.course, self.cache = builder, data, course, cache
        self.features: FrozenFeatures | None = None
        self.classes, recipe = builder.task.classes, course.recipe
        self.averages = recipe.average_decay > 0
        self.class_weights = class_weights(
            recipe.class_weights, data.train.wanted, self.classes, recipe.label_smoothing
        )
        self.history = list(progress.history) if progress else []
        self.small = len(self.history) < course.small_epochs
        self.learner = builder.learner(small=self.small)
        self.best_weights = self.learner.weights()
        if progress:
            self._go_on(progress)

    def _go_on(self, progress: TrainingProgress) -> None:
        """Put a learner that has just been built where ``progress`` stands."""
        self.best_weights = progress.best_weights
        self.learner.unfreeze(self.course.learning_stages(len(self.history) - 1))
        self.learner.load_weights(progress.weights)
        self.learner.load_optimizer_state(progress.optimizer_state)
        if progress.averages:
            self.learner.load_averages(progress.averages)

    def _enlarge(self) -> None:
        """Go on with the network for the whole input."""
        progress, self.small = self._progress(), False
        self.learner = self.builder.learner()
        self._go_on(progress)

    def run(self, keeper: Checkpoint | None, on_epoch: OnEpoch) -> None:
        saved, start = time.monotonic(), len(self.history)
        if self.averages and not start:
            self.learner.average(0)
        while len(self.history) < self.course.until and not self.course.stops(self.history):
            record = self._epoch()
            self.history.append(record)
            if self._best() == len(self.history) - 1:
                self.best_weights = self._kept()
            on_epoch(record)
            if keeper and time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                keeper.save(self._progress())
                saved = time.monotonic()
        if keeper and len(self.history) > start:
            keeper.save(self._progress())

    def outcome(self) -> TrainingOutcome:
        self.learner.load_weights(self.best_weights)
        best = self._best()
        return TrainingOutcome(
            learner=self.learner,
            history=self.history,
            best_epoch=best + 1,
            best_value=self.history[best].validation[self.course.metric],
            images_seen=self.history[-1].images_seen,
            stopped=self.course.stops(self.history),
        )

    def _best(self) -> int:
        kept = self.course.selectable(self.history)
        return len(self.history) - len(kept) + best_epoch(scores(kept, self.course.metric))

    def _progress(self) -> TrainingProgress:
        return TrainingProgress(
            history=tuple(self.history),
            weights=self.learner.weights(),
            best_weights=self.best_weights,
            optimizer_state=self.learner.optimizer_state(),
            averages=self.learner.averages() if self.averages else {},
        )

    def _kept(self) -> Arrays:
        """Return what is validated, selected and saved: the averages where there are any."""
        return self.learner.averages() if self.averages else self.learner.weights()

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Give the network the averages in place of its weights for a while."""
        if not self.averages:
            yield
            return
        weights = self.learner.weights()
        self.learner.load_weights(self.learner.averages())
        yield
        self.learner.load_weights(weights)

    def _epoch(self) -> EpochRecord:
        began, epoch, course = time.monotonic(), len(self.history), self.course
        if self.small and epoch >= course.small_epochs:
            self._enlarge()
        if epoch in (0, course.frozen_epochs):
            self.learner.unfreeze(course.learning_stages(epoch))
        self.learner.begin_epoch(network_seed(course.protocol_seed, course.fit_seed, epoch))
        self.features = self._frozen_features(epoch)
        seen, rate = self._train()
        train_loss, train_accuracy = self.learner.training_metrics()
        with self._averaged():
            probabilities = self._validate()
        if not (np.isfinite(train_loss) and np.isfinite(probabilities).all()):
            raise TrainingDiverged(epoch + 1, rate)
        return EpochRecord(
            epoch=epoch + 1,
            images_seen=seen + (self.history[-1].images_seen if self.history else 0),
            learning_rate=rate,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            validation={
                metric.name: metric.function(self.data.validation.labels, probabilities)
                for metric in selecting()
            },
            seconds=time.monotonic() - began,
        )

    def _frozen_features(self, epoch: int) -> FrozenFeatures | None:
        """Return what has the features that ``epoch`` learns from, if it does not from images."""
        if self.cache is None or self.course.view(epoch) is None:
            return None
        return self.features or self.cache.of(self.learner)

    def _train(self) -> tuple[int, float]:
        """Take the steps of one epoch; return the images seen and the last learning rate."""
        steps = batch_count(len(self.data.train.labels), self.course.recipe.batch_size)
        learn = self.learner.train_features if self.features else self.learner.train_batch
        seen, rate = 0, 0.0
        for step, (inputs, targets) in enumerate(self._batches()):
            rate = self.course.rate(self.history, step, steps)
            learn(inputs, targets, rate, sample_weights(targets, self.class_weights))
            if self.averages:
                taken = len(self.history) * steps + step
                self.learner.average(average_decay(self.course.recipe.average_decay, taken))
            seen += len(inputs)
        return seen, rate

    def _batches(self) -> Iterator[LabelledBatch]:
        train, course = self.data.train, self.course
        inputs, view = self._inputs()
        changes = self.features is None
        return batches(
            inputs,
            train.wanted,
            self.classes,
            protocol_seed=course.protocol_seed,
            fit_seed=course.fit_seed,
            epoch=len(self.history),
            batch_size=course.recipe.batch_size,
            augmentation=course.augmentation if changes else "none",
            crop=course.recipe.crop if changes else 0,
            mixup=course.recipe.mixup,
            label_smoothing=course.recipe.label_smoothing,
            view=view,
        )

    def _inputs(self) -> tuple[NDArray[Any], Geometry | None]:
        """Return what an epoch learns from: features, or images and the fixed view of them."""
        images, course = self.data.train.images, self.course
        number, view = course.view(len(self.history)), None
        if number is not None:
            view = fixed_view(
                images.shape,
                course.augmentation,
                crop=course.recipe.crop,
                protocol_seed=course.protocol_seed,
                view=number,
            )
        if self.features:
            return self.features.features(images, view), None
        return images, view

    def _validate(self) -> NDArray[np.float64]:
        images = self.data.validation.images
        if self.features:
            return self.learner.predict_features(self.features.features(images))
        return self.learner.predict(images)
