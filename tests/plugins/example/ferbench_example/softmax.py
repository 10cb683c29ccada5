"""An engine of one layer, all head and no backbone: a step of SGD is a few lines of NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from benchmarks.engines.contract import (
    Arrays,
    Attention,
    Batch,
    Images,
    InitialWeights,
    NetworkSize,
    NoMap,
    Precision,
    SampleWeights,
    Task,
)
from benchmarks.engines.saved_model import Description
from models.registry import Architecture, ModelError, Recipe, Registry

FILE = "model.safetensors"
MOMENTUM, SMALLEST = 0.9, 1e-12


class SoftmaxEngine:
    """Trains what an architecture builds as ``kernel``, pixels×classes, and ``bias``."""

    def __init__(self) -> None:
        self._threads = 1

    def prepare(self, *, threads: int, precision: Precision, seed: int) -> None:
        """Keep what it is told; nothing here is random, and all is float32."""
        self._threads = threads

    def learner(
        self, architecture: Architecture, task: Task, recipe: Recipe, weights: InitialWeights
    ) -> SoftmaxLearner:
        """Build a layer; it starts from scratch or raises ``ModelError``."""
        if weights.kind != "scratch":
            raise ModelError(f"{architecture.name} has no weights to start from; use 'scratch'")
        description = Description(architecture.name, task, recipe, "float32")
        return SoftmaxLearner(architecture.build(description.request()), description)

    def restore(self, folder: Path, registry: Registry) -> SoftmaxLearner:
        """Load the layer; its shapes are in its arrays."""
        return SoftmaxLearner(load_file(folder / FILE), Description.load(folder))

    def versions(self) -> Mapping[str, str]:
        """Return the version of NumPy."""
        return {"numpy": version("numpy")}

    def conditions(self) -> Mapping[str, str]:
        """Return the version and the threads."""
        return {**self.versions(), "threads": str(self._threads)}


class SoftmaxLearner:
    """One layer in training."""

    def __init__(self, layer: Mapping[str, NDArray[np.float32]], description: Description) -> None:
        self._layer = dict(layer)
        self._description = description
        self._totals = np.zeros(3)
        self.unfreeze(None)

    def begin_epoch(self, seed: int) -> None:
        """Do nothing: a step is not random."""

    def unfreeze(self, stages: int | None) -> None:
        """Start a new optimiser; refuse to freeze what is not there."""
        if stages is not None:
            self._refuse("has no backbone to freeze; use the strategy 'fine-tune'")
        self._speed = {name: np.zeros_like(array) for name, array in self._layer.items()}

    def rates(self) -> Mapping[str, float]:
        """Return the names of kernel and bias; each learns at the whole rate."""
        return dict.fromkeys(self.weights(), 1.0)

    def train_batch(
        self,
        images: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one step of SGD with momentum."""
        if sample_weights is not None:
            self._refuse("cannot weight images")
        found = self._answers(images)
        losses = -(targets * np.log(np.maximum(found, SMALLEST))).sum(axis=1)
        right = found.argmax(axis=1) == targets.argmax(axis=1)
        self._totals += [losses.sum(), right.sum(), len(images)]
        error = ((found - targets) / len(images)).astype(np.float32)
        decay = np.float32(self._description.recipe.weight_decay) * self._layer["kernel"]
        slopes = {"kernel": _pixels(images).T @ error + decay, "bias": error.sum(axis=0)}
        for name, slope in slopes.items():
            self._speed[name] = np.float32(MOMENTUM) * self._speed[name] + slope
            self._layer[name] -= np.float32(learning_rate) * self._speed[name]

    def training_metrics(self) -> tuple[float, float]:
        """Return mean cross-entropy and accuracy before each step since the last call."""
        loss, right, count = self._totals
        self._totals = np.zeros(3)
        return float(loss / count), float(right / count)

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities for uint8 images."""
        return self._answers(images)

    def features(self, images: Images) -> NDArray[np.float32]:
        """Refuse: there is no backbone."""
        self._refuse("has no features")

    def train_features(
        self,
        features: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Refuse: there is no backbone."""
        self._refuse("has no features")

    def predict_features(self, features: Batch) -> NDArray[np.float64]:
        """Refuse: there is no backbone."""
        self._refuse("has no features")

    def weights(self) -> Arrays:
        """Return copies of kernel and bias."""
        return {f"head/{name}": array.copy() for name, array in self._layer.items()}

    def load_weights(self, weights: Arrays) -> None:
        """Go back to ``weights``."""
        self._layer = {name.removeprefix("head/"): a.copy() for name, a in weights.items()}

    def average(self, decay: float) -> None:
        """Refuse: its row names no levers."""
        self._refuse("cannot average its weights")

    def averages(self) -> Arrays:
        """Refuse, as `average` does."""
        self._refuse("cannot average its weights")

    def load_averages(self, averages: Arrays) -> None:
        """Refuse, as `average` does."""
        self._refuse("cannot average its weights")

    def optimizer_state(self) -> Arrays:
        """Return copies of the momentum."""
        return {name: array.copy() for name, array in self._speed.items()}

    def load_optimizer_state(self, state: Arrays) -> None:
        """Go back to ``state``."""
        self._speed = {name: array.copy() for name, array in state.items()}

    def cost(self) -> NetworkSize:
        """Count the weights, and a multiply-accumulate for each of the kernel."""
        kernel = self._layer["kernel"].size
        return NetworkSize(kernel + self._layer["bias"].size, kernel)

    def attention(self, images: Images, answers: NDArray[np.int64]) -> Attention:
        """Refuse: there is no map."""
        raise NoMap("it has no convolutional feature map")

    def save_backbone(self, file: Path) -> None:
        """Write nothing: there is no backbone."""

    def save(self, folder: Path) -> list[str]:
        """Write the layer and what it was built for."""
        save_file(self._layer, folder / FILE)
        return [FILE, self._description.save(folder)]

    def _answers(self, images: NDArray[Any]) -> NDArray[np.float64]:
        logits = (_pixels(images) @ self._layer["kernel"] + self._layer["bias"]).astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        found: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return found

    def _refuse(self, reason: str) -> NoReturn:
        raise ModelError(f"{self._description.architecture} {reason}")


def _pixels(images: NDArray[Any]) -> NDArray[np.float32]:
    flat = np.asarray(images, dtype=np.float32).reshape(len(images), -1)
    return np.asarray((flat - 127.5) / 64, dtype=np.float32)
