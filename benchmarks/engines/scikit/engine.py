"""The scikit-learn engine: the floors, trained batch by batch with ``partial_fit``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from threadpoolctl import threadpool_limits

from benchmarks.engines.building import refuse_shape
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

SMALLEST = 1e-12
NEEDED = ("partial_fit", "predict_proba", "arrays", "load_arrays")
"""The methods of an estimator; `models.floors` has two of them whole."""


class ScikitEngine:
    """Estimators with ``partial_fit``; they compute in float32 whatever the precision asked for."""

    def __init__(self) -> None:
        self._threads = 1

    def prepare(self, *, threads: int, precision: Precision, seed: int) -> None:
        """Set the threads of OpenCV and of the linear algebra; estimators take seeds themselves."""
        cv2.setNumThreads(threads)
        threadpool_limits(threads)
        self._threads = threads

    def learner(
        self, architecture: Architecture, task: Task, recipe: Recipe, weights: InitialWeights
    ) -> ScikitLearner:
        """Build an estimator; it starts from scratch or raises ``ModelError``."""
        if weights.kind != "scratch":
            raise ModelError(f"{architecture.name} has no weights to start from; use 'scratch'")
        description = Description(architecture.name, task, recipe, "float32")
        return ScikitLearner(_built(architecture, description), description)

    def restore(self, folder: Path, registry: Registry) -> ScikitLearner:
        """Rebuild the estimator that ``model.json`` names and load ``model.safetensors``."""
        description = Description.load(folder)
        estimator = _built(registry[description.architecture], description)
        estimator.load_arrays(load_file(folder / "model.safetensors"))
        return ScikitLearner(estimator, description)

    def versions(self) -> Mapping[str, str]:
        """Return the versions of scikit-learn, NumPy and OpenCV."""
        return {name: version(name) for name in ("scikit-learn", "numpy", "opencv-python-headless")}

    def conditions(self) -> Mapping[str, str]:
        """Return the versions, the threads that `prepare` chose, and the only precision."""
        return {**self.versions(), "threads": str(self._threads), "precision": "float32"}


class ScikitLearner:
    """An estimator in training: all head and no backbone."""

    def __init__(self, estimator: Any, description: Description) -> None:
        self._estimator, self._description = estimator, description
        self._totals = np.zeros(3)

    def begin_epoch(self, seed: int) -> None:
        """Do nothing: a step of an estimator is not random."""

    def unfreeze(self, stages: int | None) -> None:
        """Refuse to freeze: there is no backbone."""
        if stages is not None:
            self._refuse("has no backbone to freeze; use the strategy 'fine-tune'")

    def rates(self) -> Mapping[str, float]:
        """Return the names of all arrays; each learns at the whole rate."""
        return dict.fromkeys(self.weights(), 1.0)

    def train_batch(
        self,
        images: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one step towards the likeliest class of each target."""
        if sample_weights is not None:
            self._refuse("cannot weight images")
        labels = targets.argmax(axis=1)
        probabilities = self._answers(images)
        losses = -(targets * np.log(np.maximum(probabilities, SMALLEST))).sum(axis=1)
        correct = probabilities.argmax(axis=1) == labels
        self._totals += [losses.sum(), correct.sum(), len(images)]
        self._estimator.learning_rate = learning_rate
        self._estimator.partial_fit(images, labels, np.arange(targets.shape[1]))

    def training_metrics(self) -> tuple[float, float]:
        """Return mean cross-entropy and accuracy before each step since the last call."""
        loss, correct, count = self._totals
        self._totals = np.zeros(3)
        return float(loss / count), float(correct / count)

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities for uint8 images."""
        raw = self._answers(images).astype(np.float64)
        probabilities: NDArray[np.float64] = raw / raw.sum(axis=1, keepdims=True)
        return probabilities

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
        """Return copies of the estimator's arrays, the optimiser's included."""
        return {f"head/{name}": array for name, array in self._estimator.arrays().items()}

    def load_weights(self, weights: Arrays) -> None:
        """Go back to ``weights``."""
        self._estimator.load_arrays({k.removeprefix("head/"): v for k, v in weights.items()})

    def average(self, decay: float) -> None:
        """Refuse: an estimator's arrays may be no weights."""
        self._refuse("cannot average its weights")

    def averages(self) -> Arrays:
        """Refuse, as `average` does."""
        self._refuse("cannot average its weights")

    def load_averages(self, averages: Arrays) -> None:
        """Refuse, as `average` does."""
        self._refuse("cannot average its weights")

    def optimizer_state(self) -> Arrays:
        """Return nothing: `weights` has it all."""
        return {}

    def load_optimizer_state(self, state: Arrays) -> None:
        """Do nothing: `load_weights` has done it."""

    def cost(self) -> NetworkSize:
        """Count weights, and a multiply-accumulate for each weight of the matrix."""
        arrays = self._estimator.arrays()
        kernel = arrays["kernel"].size if "kernel" in arrays else 0
        bias = arrays["bias"].size if "bias" in arrays else 0
        return NetworkSize(kernel + bias, kernel)

    def attention(self, images: Images, answers: NDArray[np.int64]) -> Attention:
        """Refuse: there is no map."""
        raise NoMap("it has no convolutional feature map")

    def save_backbone(self, file: Path) -> None:
        """Write nothing: there is no backbone."""

    def save(self, folder: Path) -> list[str]:
        """Write ``model.safetensors`` and ``model.json``."""
        save_file(self._estimator.arrays(), folder / "model.safetensors")
        return ["model.safetensors", self._description.save(folder)]

    def _answers(self, images: NDArray[Any]) -> NDArray[Any]:
        found = np.asarray(self._estimator.predict_proba(images))
        name, classes = self._description.architecture, self._description.task.classes
        refuse_shape(name, found.shape, (len(images), classes))
        return found

    def _refuse(self, reason: str) -> NoReturn:
        raise ModelError(f"{self._description.architecture} {reason}")


def _built(architecture: Architecture, description: Description) -> Any:
    """Build an estimator; raises ``ModelError`` naming the methods that it lacks."""
    built = architecture.build(description.request())
    missing = [name for name in NEEDED if not callable(getattr(built, name, None))]
    if missing:
        raise ModelError(
            f"{architecture.name}: its estimator, {type(built).__name__}, lacks "
            f"{', '.join(missing)}; see CONTRIBUTING.md, Add a model"
        )
    return built
