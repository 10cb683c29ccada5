"""The Keras engine, on the backend that ``KERAS_BACKEND`` names (TensorFlow unless it is set)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.building import before_crop, built_network, refuse_shape
from benchmarks.engines.contract import (
    PREDICTION_BATCH,
    Arrays,
    Attention,
    Batch,
    Images,
    InitialWeights,
    NetworkSize,
    Precision,
    SampleWeights,
    Task,
)
from benchmarks.engines.keras.average import Average, copied
from benchmarks.engines.keras.backend import count_macs, prepare_backend, seed_everything
from benchmarks.engines.keras.optimizers import make_optimizer
from benchmarks.engines.keras.stages import find_stages, layers_of, rest, wake
from benchmarks.engines.stages import Stages
from models.registry import Architecture, BuildRequest, Network, Recipe, Registry
from models.weights import load_backbone, save_backbone

BACKEND: str = keras.backend.backend()
CROP = "crop"
"""The name of the layer that takes a recipe's crop."""


class KerasEngine:
    """Keras 3 on TensorFlow, torch or JAX."""

    def __init__(self) -> None:
        self._settings: dict[str, str] = {}

    def prepare(self, *, threads: int, precision: Precision, seed: int) -> None:
        """Set threads, precision, determinism and every seed, and forget earlier networks.

        TensorFlow refuses another number of threads once it has computed. JAX takes no number
        of threads here; it follows the process's CPU affinity.
        """
        keras.utils.clear_session()
        cv2.setNumThreads(threads)
        device = prepare_backend(threads)
        keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
        seed_everything(seed)
        self._settings = {"threads": str(threads), "precision": precision, "device": device}

    def learner(
        self, architecture: Architecture, task: Task, recipe: Recipe, weights: InitialWeights
    ) -> KerasLearner:
        """Build a network; weights that can't be had raise ``ModelError``."""
        seed_everything(task.seed)
        request = BuildRequest(**asdict(task), recipe=recipe, published=weights.own)
        network = built_network(architecture, request)
        refuse_shape(architecture.name, network.head.output_shape, (None, task.classes))
        if weights.file and not weights.published:
            load_backbone(network.backbone, weights.file, "keras")
        return KerasLearner(architecture.name, network, task.image_shape, recipe)

    def restore(self, folder: Path, registry: Registry) -> KerasPredictor:
        """Load ``model.keras``, which holds its own architecture."""
        return KerasPredictor(keras.saving.load_model(folder / "model.keras", compile=False))

    def versions(self) -> Mapping[str, str]:
        """Return the versions of Keras, its backend, NumPy and OpenCV."""
        names = ("keras", BACKEND, "numpy", "opencv-python-headless")
        return {name: version(name) for name in names}

    def conditions(self) -> Mapping[str, str]:
        """Return the versions, the backend, and what `prepare` chose."""
        return {**self.versions(), "backend": BACKEND, **self._settings}


class KerasPredictor:
    """A finished Keras model from images to probabilities; ``model`` is the Keras model."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities, N×K, for uint8 images N×H×W×C."""
        raw = _in_batches(self.model, images).astype(np.float64)
        probabilities: NDArray[np.float64] = raw / raw.sum(axis=1, keepdims=True)
        return probabilities

    def cost(self) -> NetworkSize:
        """Count learnable parameters and multiply-accumulates."""
        return _cost(self.model)

    def attention(self, images: Images, answers: NDArray[np.int64]) -> Attention:
        """Return Grad-CAM maps; raises `NoMap` without a convolutional feature map."""
        from benchmarks.engines.grad_cam import uncropped
        from benchmarks.engines.keras.attention import attention

        found = attention(self.model, images, answers)
        crops = [layer.output.shape[1] for layer in self.model.layers if layer.name == CROP]
        return uncropped(found, images.shape[1:3], crops[0] if crops else 0)


class KerasLearner:
    """A Keras network in training.

    The loop's two ways to train, whole images and cached features, share one optimiser.
    """

    def __init__(
        self,
        name: str,
        network: Network,
        image_shape: tuple[int, int, int],
        recipe: Recipe,
    ) -> None:
        self._name = name
        self._backbone, self._head = network.backbone, network.head
        self._image_shape, self._recipe = image_shape, recipe
        self._crop = _central_crop(image_shape, recipe.crop)
        self._totals = np.zeros(3)
        self._average: Average | None = None
        self.unfreeze(None)

    def begin_epoch(self, seed: int) -> None:
        """Reset every dropout layer's own generator, each to a seed of its own.

        On torch Keras' dropout draws from torch's generator, which is reset too.
        """
        seed_everything(seed)
        states = [v for v in self._model.variables if v.name == "seed_generator_state"]
        children = np.random.SeedSequence(seed).spawn(len(states))
        for state, child in zip(states, children, strict=True):
            state.assign(child.generate_state(2, np.uint32))

    def unfreeze(self, stages: int | None) -> None:
        """Choose how much of the backbone learns, and start a new optimiser."""
        self._frozen = stages == 0
        wake(self._backbone)
        for learns in (False, not self._frozen):  # what a layer is already reaches no variable
            self._backbone.trainable = learns
        if self._frozen:
            rest(layers_of(self._backbone))
        elif stages is not None:
            self._freeze_before(stages)
        images = keras.Input(self._image_shape, name="images")
        seen = self._crop(images)
        features = self._backbone(seen, training=False) if self._frozen else self._backbone(seen)
        self._to_features = keras.Model(images, features) if self._recipe.crop else self._backbone
        self._model = keras.Model(images, self._head(features))
        cached = keras.Input(self._head.input_shape[1:], name="features")
        self._head_model = keras.Model(cached, self._head(cached))
        self._compile()

    def _freeze_before(self, last: int) -> None:
        """Let nothing of the backbone learn but its ``last`` stages."""
        self._stages.refuse_more(self._name, last)
        for variable in self._backbone.trainable_variables:
            variable.trainable = self._stages.learns(variable, last)
        rest(self._stages.resting(last))

    @cached_property
    def _stages(self) -> Stages:
        """The stages, found the first time that they are asked for, when all can learn."""
        return find_stages(self._backbone)

    def _compile(self) -> None:
        learned = self._model.trainable_variables
        self._optimizer = make_optimizer(self._recipe, learned, self._scales(learned))
        self._optimizer.build(learned)
        for model in (self._model, self._head_model):
            model.compile(
                optimizer=self._optimizer,
                loss=keras.losses.CategoricalCrossentropy(from_logits=True),
                metrics=[
                    keras.metrics.CategoricalCrossentropy(name="cross_entropy", from_logits=True),
                    keras.metrics.CategoricalAccuracy(name="accuracy"),
                ],
                jit_compile=BACKEND == "jax",
            )

    def _scales(self, learned: list[Any]) -> list[float]:
        """Return what the learning rate of each variable is multiplied by."""
        decay = self._recipe.layer_decay
        if decay == 1 or self._frozen:
            return [1.0] * len(learned)
        return [decay ** self._stages.behind(variable) for variable in learned]

    def rates(self) -> Mapping[str, float]:
        """Return the names of the weights that learn now, with what scales their rates."""
        learned = self._model.trainable_variables
        scales = zip(map(id, learned), self._scales(learned), strict=True)
        names = {id(variable): name for name, variable in self._named_weights().items()}
        return {names[variable]: scale for variable, scale in scales}

    def train_batch(
        self,
        images: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one optimiser step on images."""
        self._step(self._model, images, targets, learning_rate, sample_weights)

    def train_features(
        self,
        features: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one step of the head alone."""
        self._step(self._head_model, features, targets, learning_rate, sample_weights)

    def training_metrics(self) -> tuple[float, float]:
        """Return mean cross-entropy and accuracy since the last call."""
        loss, correct, count = self._totals
        self._totals = np.zeros(3)
        return float(loss / count), float(correct / count)

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities for uint8 images."""
        return _softmax(_in_batches(self._model, images))

    def features(self, images: Images) -> NDArray[np.float32]:
        """Return the backbone's features of uint8 images."""
        return _in_batches(self._to_features, images)

    def predict_features(self, features: Batch) -> NDArray[np.float64]:
        """Return class probabilities from features."""
        return _softmax(_in_batches(self._head_model, features))

    def weights(self) -> Arrays:
        """Return copies of all weights and statistics."""
        return {name: copied(variable) for name, variable in self._named_weights().items()}

    def load_weights(self, weights: Arrays) -> None:
        """Go back to ``weights``."""
        _assign(self._named_weights(), weights)

    def average(self, decay: float) -> None:
        """Move the averages; those of a frozen backbone stand still with it."""
        self._average = self._average or Average(self._named_weights())
        self._average.move(decay, "head/" if self._frozen else "")

    def averages(self) -> Arrays:
        """Return copies of the averages, and of what is no float as it is."""
        averaged = self._average.variables if self._average else {}
        return {**self.weights(), **{name: copied(v) for name, v in averaged.items()}}

    def load_averages(self, averages: Arrays) -> None:
        """Go back to ``averages``."""
        self._average = Average(self._named_weights())
        _assign(self._average.variables, averages)

    def optimizer_state(self) -> Arrays:
        """Return copies of the optimiser's variables, by their place."""
        return {f"{i:04d}": copied(v) for i, v in enumerate(self._optimizer.variables)}

    def load_optimizer_state(self, state: Arrays) -> None:
        """Go back to ``state``."""
        for index, variable in enumerate(self._optimizer.variables):
            variable.assign(state[f"{index:04d}"])

    def cost(self) -> NetworkSize:
        """Count learnable parameters and multiply-accumulates."""
        return _cost(self._finished())

    def attention(self, images: Images, answers: NDArray[np.int64]) -> Attention:
        """Return Grad-CAM maps of the network as it is now."""
        return KerasPredictor(self._finished()).attention(images, answers)

    def save_backbone(self, file: Path) -> None:
        """Write the backbone's weights as ``.safetensors``."""
        save_backbone(self._backbone, file, "keras")

    def save(self, folder: Path) -> list[str]:
        """Write ``model.keras`` and ``model.h5``, from raw images to layer ``probabilities``."""
        model = self._finished()
        names = ["model.keras", "model.h5"]
        for name in names:
            model.save(folder / name)
        return names

    def _finished(self) -> Any:
        images = keras.Input(self._image_shape, name="images")
        softmax = keras.layers.Softmax(name="probabilities", dtype="float32")
        return keras.Model(images, softmax(self._head(self._backbone(self._crop(images)))))

    def _named_weights(self) -> dict[str, Any]:
        parts = {"backbone": self._backbone, "head": self._head}
        return {
            f"{part}/{index:04d}/{variable.name}": variable
            for part, model in parts.items()
            for index, variable in enumerate(model.weights)
        }

    def _step(
        self,
        model: Any,
        inputs: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None,
    ) -> None:
        self._optimizer.learning_rate = learning_rate
        logs = model.train_on_batch(inputs, targets, sample_weight=sample_weights, return_dict=True)
        batch = np.array([float(logs["cross_entropy"]), float(logs["accuracy"]), 1.0])
        self._totals += len(inputs) * batch


def _central_crop(image_shape: tuple[int, int, int], side: int) -> Callable[[Any], Any]:
    """Return the layer that takes the central square of ``side`` pixels; 0 takes all."""
    if not side:
        return lambda images: images
    before = [before_crop(length, side) for length in image_shape[:2]]
    after = [length - side - cut for length, cut in zip(image_shape[:2], before, strict=True)]
    margins = tuple(zip(before, after, strict=True))
    layer: Callable[[Any], Any] = keras.layers.Cropping2D(margins, name=CROP)
    return layer


def _in_batches(model: Any, inputs: NDArray[Any]) -> NDArray[np.float32]:
    """Run ``model`` in inference mode over ``inputs`` and return its output as float32.

    The last of several batches is filled up with zeros: another size would be traced anew.
    """
    size = min(PREDICTION_BATCH, len(inputs))
    parts = [
        keras.ops.convert_to_numpy(
            keras.ops.cast(model.predict_on_batch(_filled(part, size)), "float32")
        )
        for part in np.split(inputs, range(PREDICTION_BATCH, len(inputs), PREDICTION_BATCH))
    ]
    return np.concatenate(parts)[: len(inputs)]


def _filled(batch: NDArray[Any], size: int) -> NDArray[np.float32]:
    missing = [(0, size - len(batch)), *[(0, 0)] * (batch.ndim - 1)]
    return np.pad(batch.astype(np.float32), missing)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return probabilities


def _assign(variables: Mapping[str, Any], arrays: Arrays) -> None:
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _cost(model: Any) -> NetworkSize:
    """Count what can learn: all weights but the running statistics of batch norm."""
    statistics = ("moving_mean", "moving_variance")
    learnable = [v for v in model.weights if v.name not in statistics]
    return NetworkSize(sum(int(np.prod(v.shape)) for v in learnable), count_macs(model))
