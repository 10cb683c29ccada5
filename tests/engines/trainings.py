"""Trainings of the small network that the tests run in processes of their own."""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engines.contract import SCRATCH, Arrays, Engine, Learner, Task
from benchmarks.engines.registry import load_engine
from benchmarks.training.features import FeatureCache
from benchmarks.training.loop import Course, Examples, TrainingData, TrainingDiverged, train
from benchmarks.training.schedule import average_decay
from benchmarks.training.stream import LabelledBatch, batches
from benchmarks.training.weighting import class_weights, sample_weights
from models.registry import EngineName, ModelError, Recipe, discover
from tests.engines.networks import DROPPING, REGISTRY, TINY, torch_weights_from_keras

CLASSES, SIZE = 3, 12
TASK = Task(classes=CLASSES, image_shape=(SIZE, SIZE, 1), input_size=SIZE, seed=3)


def examples(count: int, seed: int = 0) -> Examples:
    """Draw noisy images in which the class is the place of a bright bar."""
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, CLASSES, count)
    images = chance.normal(90, 30, (count, SIZE, SIZE, 1))
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 3] += 70
    return Examples(np.clip(images, 0, 255).astype(np.uint8), labels)


DATA = TrainingData(train=examples(80), validation=examples(40, seed=1))
SHARES = np.random.default_rng(2).dirichlet(np.ones(CLASSES), 80).astype(np.float32)
"""What annotators may have said of the training images."""


def recipe(**settings: Any) -> Recipe:
    return Recipe(**{"batch_size": 16, "dropout": 0.3, "learning_rate": 1e-2, **settings})


def course(*, settings: dict[str, Any] | None = None, **changes: Any) -> Course:
    chosen: dict[str, Any] = {
        "recipe": recipe(**(settings or {})),
        "strategy": "fine-tune",
        "augmentation": "none",
        "epochs": 4,
        "until": 4,
        "protocol_seed": 1,
        "fit_seed": 2,
        "metric": "log_loss",
    }
    return Course(**{**chosen, **changes})


def digest(weights: Arrays, part: str = "") -> str:
    found = hashlib.sha256()
    for name, array in sorted(weights.items()):
        if name.startswith(part):
            found.update(name.encode() + array.tobytes())
    return found.hexdigest()


def fits(engine: EngineName, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Carry out ``cells`` one after another in this process; return what came of each."""
    loaded = load_engine(engine)
    return [_fit(loaded, engine, **cell) for cell in cells]


def _fit(
    loaded: Engine,
    engine: EngineName,
    *,
    precision: Any = "float32",
    checkpoint: str | None = None,
    features: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    loaded.prepare(threads=1, precision=precision, seed=3)
    start = loaded.learner(TINY[engine], TASK, recipe(), SCRATCH).weights()
    loaded.prepare(threads=1, precision=precision, seed=3)
    try:
        outcome = train(
            loaded,
            TINY[engine],
            TASK,
            DATA,
            course(**changes),
            SCRATCH,
            checkpoint=Path(checkpoint) if checkpoint else None,
            cache=FeatureCache(Path(features), {"engine": engine}) if features else None,
        )
    except TrainingDiverged as error:
        return {"diverged": str(error)}
    weights = outcome.learner.weights()
    return {
        "weights": digest(weights),
        "backbone_before": digest(start, "backbone/"),
        "backbone_after": digest(weights, "backbone/"),
        "losses": [record.train_loss for record in outcome.history],
        "validation_losses": [record.validation["log_loss"] for record in outcome.history],
        "images_seen": outcome.images_seen,
        "best_value": outcome.best_value,
        "stopped": outcome.stopped,
    }


def drawn(engine: EngineName) -> list[tuple[float, float]]:
    """Return what Python and NumPy draw at the start, in the first epoch, and once more in each."""
    loaded, found = load_engine(engine), []
    for _ in range(2):
        loaded.prepare(threads=1, precision="float32", seed=3)
        found.append((random.random(), float(np.random.random())))
        learner = loaded.learner(TINY[engine], TASK, recipe(), SCRATCH)
        learner.begin_epoch(4)
        found.append((random.random(), float(np.random.random())))
    return found


def started(engine: EngineName, weights: str, steps: Recipe) -> Learner:
    """Return a learner with the Keras weights in the file ``weights`` (Keras writes it first)."""
    loaded = load_engine(engine)
    loaded.prepare(threads=1, precision="float32", seed=0)
    learner = loaded.learner(TINY[engine], TASK, steps, SCRATCH)
    if engine == "keras":
        np.savez(weights, **{k.replace("/", "|"): v for k, v in learner.weights().items()})
    else:
        with np.load(weights) as kept:
            learner.load_weights(torch_weights_from_keras(dict(kept), learner.weights()))
    return learner


def plain_batches(epoch: int) -> Iterator[LabelledBatch]:
    """Return the five batches of an epoch as they are."""
    seeds = {"protocol_seed": 1, "fit_seed": 2, "epoch": epoch}
    return batches(DATA.train.images, DATA.train.labels, CLASSES, batch_size=16, **seeds)


def step_losses(
    engine: EngineName, weights: str, settings: dict[str, Any], stages: int | None = None
) -> list[float]:
    """Take 30 steps from the Keras weights in the file ``weights``, learning with ``stages``.

    The learning rate halves on the way, and the targets are shares. Return each step's loss.
    """
    steps = recipe(dropout=0.0, **settings)
    learner, losses = started(engine, weights, steps), []
    learner.unfreeze(stages)
    weighing = class_weights(steps.class_weights, SHARES, CLASSES, label_smoothing=0.1)
    for epoch in range(6):
        for images, targets in batches(
            DATA.train.images,
            SHARES,
            CLASSES,
            protocol_seed=1,
            fit_seed=2,
            epoch=epoch,
            batch_size=16,
            augmentation="standard",
            mixup=0.2,
            label_smoothing=0.1,
        ):
            rate = steps.learning_rate * (0.5 if epoch > 2 else 1)
            learner.train_batch(images, targets, rate, sample_weights(targets, weighing))
            losses.append(learner.training_metrics()[0])
    return losses


def averaged(engine: EngineName, weights: str) -> tuple[float, list[list[float]]]:
    """Average ten steps from the Keras weights in the file ``weights``, as `step_losses` begins.

    Return how far the averages are from those that NumPy computes of the weights after each
    step, and what the network with the averages answers.
    """
    learner = started(engine, weights, recipe(dropout=0.0, optimizer="sgd"))
    learner.average(0)
    by_hand = {name: array.astype(np.float64) for name, array in learner.averages().items()}
    for step, (images, targets) in enumerate(
        batch for epoch in (0, 1) for batch in plain_batches(epoch)
    ):
        learner.train_batch(images, targets, 0.05)
        decay = average_decay(0.5, step)
        learner.average(decay)
        for name, array in learner.weights().items():
            by_hand[name] = decay * by_hand[name] + (1 - decay) * array
    averages = learner.averages()
    farthest = max(
        float(np.abs(array - by_hand[name]).max())
        for name, array in averages.items()
        if array.dtype.kind == "f"
    )
    learner.load_weights(averages)
    return farthest, learner.predict(DATA.validation.images).tolist()


def metrics_by_step_and_epoch(engine: EngineName) -> list[list[float]]:
    """Take the same five steps twice; return the mean of each step's metrics, and the epoch's."""
    loaded = load_engine(engine)
    loaded.prepare(threads=1, precision="float32", seed=0)
    learner = loaded.learner(TINY[engine], TASK, recipe(), SCRATCH)
    weights = learner.weights()
    found = []
    for every_step in (True, False):
        learner.load_weights(weights)
        learner.unfreeze(None)
        learner.begin_epoch(5)
        steps = []
        for images, targets in plain_batches(0):
            learner.train_batch(images, targets, 1e-2)
            steps += [learner.training_metrics()] if every_step else []
        found.append(np.mean(steps, axis=0).tolist() if steps else [*learner.training_metrics()])
    return found


def last_stages(engine: EngineName, names: list[str]) -> dict[str, tuple[str, int]]:
    """Return, for each network, why it cannot have 99 stages, and how many weights its last has."""
    loaded, registry = load_engine(engine), discover()
    loaded.prepare(threads=1, precision="float32", seed=0)
    found = {}
    for name in names:
        task = Task(classes=CLASSES, image_shape=(48, 48, 1), input_size=48, seed=0)
        learner = loaded.learner(registry[name], task, registry[name].recipe, SCRATCH)
        learner.unfreeze(1)
        learned = [weight for weight in learner.rates() if weight.startswith("backbone/")]
        try:
            learner.unfreeze(99)
        except ModelError as error:
            found[name] = (str(error), len(learned))
    return found


def rests(engine: EngineName, stages: int | None) -> list[float]:
    """Return the losses of a network whose backbone has dropout, at two seeds of it.

    The dropout lies in the first of two stages; nothing is learned, as the rate is next to none.
    """
    loaded = load_engine(engine)
    loaded.prepare(threads=1, precision="float32", seed=0)
    learner = loaded.learner(DROPPING[engine], TASK, recipe(dropout=0.5), SCRATCH)
    learner.unfreeze(stages)
    losses = []
    for seed in (1, 2):
        learner.begin_epoch(seed)
        learner.train_batch(*next(plain_batches(0)), 1e-30)
        losses.append(learner.training_metrics()[0])
    return losses


def saved_and_restored(engine: EngineName) -> dict[str, Any]:
    """Save a frozen-trained network and load it again; compare predictions and cost."""
    loaded = load_engine(engine)
    loaded.prepare(threads=1, precision="float32", seed=0)
    learner = loaded.learner(TINY[engine], TASK, recipe(), SCRATCH)
    learner.unfreeze(0)
    with tempfile.TemporaryDirectory() as folder:
        files = learner.save(Path(folder))
        found = sorted(path.name for path in Path(folder).iterdir())
        model = loaded.restore(Path(folder), REGISTRY)
    images = DATA.validation.images
    return {
        "files": sorted(files),
        "found": found,
        "difference": float(np.abs(model.predict(images) - learner.predict(images)).max()),
        "cost": [learner.cost().parameters, learner.cost().macs],
        "restored_cost": [model.cost().parameters, model.cost().macs],
    }


def cropped(engine: EngineName) -> dict[str, Any]:
    """Compare a network that crops to 10 pixels with one that is given the crops.

    Return the largest differences of what they answer, of their features and of what the saved
    network answers, and where the maps of the saved one are not 0.
    """
    loaded, images = load_engine(engine), DATA.validation.images
    loaded.prepare(threads=1, precision="float32", seed=0)
    whole = loaded.learner(TINY[engine], TASK, recipe(crop=10), SCRATCH)
    slices = loaded.learner(TINY[engine], replace(TASK, image_shape=(10, 10, 1)), recipe(), SCRATCH)
    slices.load_weights(whole.weights())
    centres = images[:, 1:11, 1:11]
    answers = whole.predict(images)
    with tempfile.TemporaryDirectory() as folder:
        whole.save(Path(folder))
        saved = loaded.restore(Path(folder), REGISTRY)
    maps = saved.attention(images, DATA.validation.labels).maps
    rows, columns = np.nonzero(maps.max(axis=0))
    return {
        "answers": float(np.abs(answers - slices.predict(centres)).max()),
        "features": float(np.abs(whole.features(images) - slices.features(centres)).max()),
        "saved": float(np.abs(answers - saved.predict(images)).max()),
        "maps": maps.shape[1:],
        "seen": [int(end) for end in (rows.min(), rows.max(), columns.min(), columns.max())],
    }


def engines_imported(engine: EngineName) -> list[str]:
    """Train a little and name the numerical libraries that this process has imported."""
    import sys

    fits(engine, [{"epochs": 1, "until": 1}])
    return sorted({"tensorflow", "torch", "jax"} & set(sys.modules))
