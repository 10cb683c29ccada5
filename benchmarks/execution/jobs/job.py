"""The jobs: each one piece of work for one worker, complete in itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines.contract import SCRATCH, InitialWeights, Precision, Task
from benchmarks.engines.strategies import Strategy
from benchmarks.store.keys import (
    ExplainIdentity,
    RobustnessIdentity,
    TrainingIdentity,
    ViewsIdentity,
)
from models.registry import Augmentation, EngineName, Recipe, Value

Params = Mapping[str, Value]
"""Hyperparameters by name."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every job says.

    ``key`` names the result and ``output`` is the file where it goes. ``engine``, ``threads``,
    ``precision`` and ``seed`` are those of the computation, ``plugins`` the files in which its
    architecture may be.
    """

    key: str
    output: Path
    engine: EngineName
    variant: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    threads: int = 1
    precision: Precision = "float32"
    seed: int = 0
    plugins: tuple[Path, ...] = ()

    @property
    def served_by(self) -> tuple[str, ...]:
        """The keys of the results that answer it: its own, and that of one which holds more."""
        return (self.key,)


@dataclass(frozen=True, kw_only=True)
class NetworkJob(Job):
    """A job that builds a network, whose backbone starts with ``initial``."""

    architecture: str
    input_size: int
    recipe: Recipe
    initial: InitialWeights = SCRATCH

    @property
    def task(self) -> Task:
        """What the network has to do."""
        return Task(
            classes=len(self.class_names),
            image_shape=self.image_shape,
            input_size=self.input_size,
            seed=self.seed,
        )


@dataclass(frozen=True, kw_only=True)
class WeightsJob(NetworkJob):
    """Find the published weights of the name ``initialisation``, and whether they fit."""

    initialisation: str


@dataclass(frozen=True, kw_only=True)
class CountJob(NetworkJob):
    """Count parameters and operations of an untrained network."""


@dataclass(frozen=True, kw_only=True)
class PixelsJob(Job):
    """Probe the pixels themselves of the ``sample``, a folder of training images."""

    sample: Path


@dataclass(frozen=True, kw_only=True)
class ScoutJob(NetworkJob):
    """Probe what a backbone makes of the ``sample``, a folder of training images.

    ``code`` is the digest of the code that computes features, ``device`` the kind of device that
    does.
    """

    sample: Path
    code: str
    device: str


@dataclass(frozen=True, kw_only=True)
class StepsJob(NetworkJob):
    """A job that takes optimiser steps on the ``training`` pack, which has no test image.

    ``targets`` is the file of what the training images are trained on, if not their labels.
    """

    strategy: Strategy
    augmentation: Augmentation
    protocol_seed: int
    training: Path
    targets: Path | None = None


@dataclass(frozen=True, kw_only=True)
class BenchJob(StepsJob):
    """Time a network: each quantity for about ``seconds``, and ``least`` times anyway."""

    seconds: float
    least: int


@dataclass(frozen=True, kw_only=True)
class AgainstJob(StepsJob):
    """Time training against its rivals, in ``rounds`` of blocks of about ``seconds`` each."""

    seconds: float
    rounds: int


@dataclass(frozen=True, kw_only=True)
class TrainJob(StepsJob):
    """Train to epoch ``until`` of the ``epochs`` that the learning-rate schedule reckons with.

    ``selection`` is the metric on validation that selects the epoch. ``identity`` is all that
    decides the result, ``checkpoint`` the folder where unfinished training is kept,
    ``start_sha256`` the digest of the file of ``initial``.
    """

    epochs: int
    until: int
    selection: str
    identity: TrainingIdentity
    checkpoint: Path | None = None
    start_sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class PretrainJob(TrainJob):
    """Train on the source data set and keep the backbone."""


@dataclass(frozen=True, kw_only=True)
class TrialJob(TrainJob):
    """Train trial ``number`` of a study from epoch ``since`` to the end of a rung."""

    number: int
    since: int


@dataclass(frozen=True, kw_only=True)
class FitJob(TrainJob):
    """Train a final model with the ``hyperparameters`` that tuning chose, on ``device``."""

    hyperparameters: Params
    device: str


@dataclass(frozen=True, kw_only=True)
class MeasureJob(Job):
    """Count and time the model in the folder ``fit``, on ``device``."""

    fit: Path
    device: str


@dataclass(frozen=True, kw_only=True)
class AskJob(Job):
    """Ask the model in the folder ``fit`` about test images; this opens the test set.

    ``fit_key`` is its key, ``sealed`` the pack of test images; their labels are in the results
    folder ``run``, whose ledger is told of the opening.
    """

    fit: Path
    fit_key: str
    sealed: Path
    run: Path


@dataclass(frozen=True, kw_only=True)
class ViewsJob(AskJob):
    """Score a fit that gave the ``predictions`` on average over views, as a `ScoreJob` does."""

    training: Path
    predictions: Path
    identity: ViewsIdentity

    @property
    def served_by(self) -> tuple[str, ...]:
        """The keys of these views, and of ten-crop, which has them all."""
        most = self.identity.model_copy(update={"views": "ten-crop"})
        return (self.key, most.key)


@dataclass(frozen=True, kw_only=True)
class ScoreJob(AskJob):
    """Predict test images, and those of validation in the pack ``training``.

    ``views`` are scored too, in the same opening of the test set.
    """

    training: Path
    views: ViewsJob | None = None


@dataclass(frozen=True, kw_only=True)
class ExplainJob(AskJob):
    """Find out where a fit looks that gave the ``predictions``."""

    predictions: Path
    identity: ExplainIdentity


@dataclass(frozen=True, kw_only=True)
class RobustnessJob(AskJob):
    """Score a fit under corruptions."""

    identity: RobustnessIdentity
