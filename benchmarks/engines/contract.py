"""The contract between the harness and an engine: what every engine can do, in one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.registry import Architecture, PublishedWeights, Recipe, Registry, WeightsFile

Precision = Literal["float32", "bfloat16"]
Images = NDArray[np.uint8]
Batch = NDArray[np.float32]
SampleWeights = NDArray[np.float32]
"""What the loss of each image of a batch counts for."""
Arrays = Mapping[str, NDArray[Any]]
PREDICTION_BATCH = 256
"""How many images an engine gives to its network at once where nothing is learned."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a network has to do: its shapes and the seed of its first weights.

    ``image_shape`` is (height, width, channels); ``input_size`` in pixels.
    """

    classes: int
    image_shape: tuple[int, int, int]
    input_size: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class InitialWeights:
    """Where the backbone starts: at random without a ``file``.

    ``file`` is a ``.safetensors`` written by `Learner.save_backbone`, what a user gives as
    ``file:PATH`` (Keras ``.weights.h5``/``.h5``, ``.safetensors``), or where ``published``
    weights lie.
    """

    file: Path | None = None
    published: PublishedWeights | None = None

    @property
    def kind(self) -> str:
        """``scratch``, ``file``, or the name of the published weights."""
        if self.published:
            return self.published.initialisation
        return "file" if self.file else "scratch"

    @property
    def own(self) -> WeightsFile | None:
        """What the architecture itself puts into the network that it builds."""
        return WeightsFile(self.file, self.published) if self.file and self.published else None


SCRATCH = InitialWeights()


@dataclass(frozen=True)
class NetworkSize:
    """``parameters`` and ``macs`` of one forward pass of one image (multiply-accumulates)."""

    parameters: int
    macs: int | None


class NoMap(Exception):
    """A model of which no map can tell where it looks."""


@dataclass(frozen=True, eq=False)
class Attention:
    """Maps of attention, float16 N×h×w in [0, 1], of ``layer``."""

    maps: NDArray[np.float16]
    layer: str


class Predictor(Protocol):
    """A finished model."""

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities, N×K, rows summing to 1, for uint8 images N×H×W×C."""
        ...

    def cost(self) -> NetworkSize:
        """Count parameters and multiply-accumulates."""
        ...

    def attention(self, images: Images, answers: NDArray[np.int64]) -> Attention:
        """Return for each of ``images``, N×H×W×C, what speaks for its class in ``answers``, N.

        Raises `NoMap` where the model has no map to tell it by.
        """
        ...


class Learner(Predictor, Protocol):
    """A model in training, with its optimiser."""

    def begin_epoch(self, seed: int) -> None:
        """Reset every source of chance inside the network (dropout) to ``seed``."""
        ...

    def unfreeze(self, stages: int | None) -> None:
        """Choose how many ``stages`` of the backbone learn, and start a new optimiser.

        ``None`` is all of it, 0 nothing, a number so many at its end (`benchmarks.engines.stages`);
        the head always learns. Where a recipe has a ``layer_decay``, the rate of each stage is
        multiplied by it once for each stage behind, the head being one. What does not learn is
        in inference mode: batch norm and dropout too. Raises ``ModelError`` where there are
        fewer stages.
        """
        ...

    def rates(self) -> Mapping[str, float]:
        """Return what the learning rate of each of `weights` that learns is multiplied by."""
        ...

    def train_batch(
        self,
        images: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one optimiser step on float32 images N×H×W×C in [0, 255] and targets N×K.

        The loss is the mean of the images' cross-entropies, each times its part of
        ``sample_weights``, N, if there are any.
        """
        ...

    def training_metrics(self) -> tuple[float, float]:
        """Return mean cross-entropy and accuracy since the last call.

        Cross-entropy is without penalties and weights; accuracy is the share of images whose
        likeliest class has the largest target.
        """
        ...

    def features(self, images: Images) -> NDArray[np.float32]:
        """Return the frozen backbone's features of uint8 images, N×…."""
        ...

    def train_features(
        self,
        features: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one step of the head alone on cached features, otherwise as `train_batch`."""
        ...

    def predict_features(self, features: Batch) -> NDArray[np.float64]:
        """Return class probabilities from cached features."""
        ...

    def weights(self) -> Arrays:
        """Return copies of all weights and statistics, named ``backbone/…`` and ``head/…``."""
        ...

    def load_weights(self, weights: Arrays) -> None:
        """Go back to ``weights``."""
        ...

    def average(self, decay: float) -> None:
        """Move the averages of weights and statistics: ``decay`` of them stays.

        The first call starts them at the weights as they are.
        """
        ...

    def averages(self) -> Arrays:
        """Return copies of the averages, named as in `weights`; counters are as there."""
        ...

    def load_averages(self, averages: Arrays) -> None:
        """Go back to ``averages``."""
        ...

    def optimizer_state(self) -> Arrays:
        """Return copies of what the optimiser remembers; with `weights` it continues exactly."""
        ...

    def load_optimizer_state(self, state: Arrays) -> None:
        """Go back to ``state``; the same part must be frozen as when it was taken."""
        ...

    def save_backbone(self, file: Path) -> None:
        """Write the backbone's weights as ``.safetensors``, for `InitialWeights.file`.

        What has no backbone writes nothing.
        """
        ...

    def save(self, folder: Path) -> list[str]:
        """Write the model for users; return the names of the files written."""
        ...


class Engine(Protocol):
    """One numerical library. A process uses one engine only."""

    def prepare(self, *, threads: int, precision: Precision, seed: int) -> None:
        """Set threads, precision, determinism and every seed. Called before each job."""
        ...

    def learner(
        self, architecture: Architecture, task: Task, recipe: Recipe, weights: InitialWeights
    ) -> Learner:
        """Build a network; weights that can't be had raise ``ModelError``."""
        ...

    def restore(self, folder: Path, registry: Registry) -> Predictor:
        """Load what `Learner.save` wrote, rebuilding the architecture out of ``registry``."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Return the versions of every library that decides the numbers."""
        ...

    def conditions(self) -> Mapping[str, str]:
        """Return all but data and weights that decides the bits of a computation.

        The versions, and the precision, threads and device that `prepare` chose.
        """
        ...
