"""What an engine does with a small network, found out in a process that has it."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import (
    SCRATCH,
    Arrays,
    Attention,
    Engine,
    Learner,
    NetworkSize,
    NoMap,
    Precision,
    Predictor,
    Task,
)
from benchmarks.engines.registry import engine_spec, load_engine
from benchmarks.store.folder import FitFolder
from benchmarks.training.loop import Course, Examples, TrainingData, train
from models.registry import Architecture, ModelError, Recipe, Registry, Value, discover

CLASSES, SIDE, EPOCHS = 3, 12, 4
LEVERS_PULLED: Mapping[str, Value] = MappingProxyType(
    {
        "average_decay": 0.8,
        "class_weights": "balanced",
        "crop": 10,
        "layer_decay": 0.5,
        "progressive": 0.4,
    }
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """An engine and the network that it trains, with the recipe fields that are not its own."""

    engine: str
    network: str
    settings: Mapping[str, Value]
    plugins: Sequence[Path]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """One training: digests of its weights by name, and its losses by epoch.

    ``learned`` are the names of the weights that did so in the end.
    ``loss_at_end`` is what its network then has on the validation images.
    """

    weights: Mapping[str, str]
    learned: Sequence[str]
    losses: Sequence[float]
    validation_losses: Sequence[float]
    best_loss: float
    loss_at_end: float
    images_seen: int


@dataclass(frozen=True, kw_only=True)
class KeptModel:
    """A trained model beside what was ``restored`` from its files.

    ``saved`` are the files that it says it wrote, ``found`` those that there are. ``attention``
    is what the restored model looks at, or why that cannot be told.
    """

    saved: Sequence[str]
    found: Sequence[str]
    probabilities: NDArray[np.float64]
    restored: NDArray[np.float64]
    cost: NetworkSize
    restored_cost: NetworkSize
    attention: Attention | str
    backbone_written: bool


@dataclass(frozen=True, kw_only=True)
class EngineExamination:
    """What one engine did and told, in the order in which it was asked.

    ``early`` tells whether its code was there before it was loaded. ``conditions`` are by
    precision. ``start`` are digests of its first weights, ``frozen`` a training of the head
    alone, and ``last`` one of the last stage of the backbone as well, or why there is none.
    ``pulled`` are trainings with all levers that its row names, ``pulled_in_parts`` the same
    broken off and gone on with.
    """

    early: bool
    versions: Mapping[str, str]
    conditions: Mapping[Precision, Mapping[str, str]]
    start: Mapping[str, str]
    whole: Trained
    in_parts: Trained
    frozen: Trained | str
    last: Trained | str
    pulled: Trained
    pulled_in_parts: Trained
    kept: KeptModel


def examine_engine(question: Question) -> EngineExamination:
    """Train, break off, freeze, save and restore with the engine of ``question``."""
    early = engine_spec(question.engine).factory.partition(":")[0] in sys.modules
    subject = _Subject.load(question)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        learner, whole = subject.train()
        subject.train(until=EPOCHS // 2, checkpoint=folder / "checkpoint")
        _, in_parts = subject.train(checkpoint=folder / "checkpoint")
        pulled: dict[str, Any] = {"recipe": subject.recipe.tuned(_pulled(question.engine))}
        _, unbroken = subject.train(**pulled)
        subject.train(**pulled, until=EPOCHS // 2, checkpoint=folder / "pulled")
        _, gone_on = subject.train(**pulled, checkpoint=folder / "pulled")
        return EngineExamination(
            early=early,
            versions=dict(subject.engine.versions()),
            start=_digests(subject.learner().weights()),
            whole=whole,
            in_parts=in_parts,
            frozen=subject.frozen(),
            last=subject.frozen(strategy="last:1"),
            pulled=unbroken,
            pulled_in_parts=gone_on,
            kept=_kept(subject, learner, folder / "saved"),
            conditions={p: subject.conditions(p) for p in ("bfloat16", "float32")},
        )


def _pulled(engine: str) -> dict[str, Value]:
    return {name: LEVERS_PULLED[name] for name in engine_spec(engine).levers}


def train_after_another(question: Question) -> Trained:
    """Train as `examine_engine` first does, but after another training in this process."""
    subject = _Subject.load(question)
    other = replace(subject.recipe, optimizer="sgd", dropout=0.6)
    if isinstance(subject.frozen(recipe=other, precision="bfloat16", fit_seed=9), str):
        subject.train(recipe=other, precision="bfloat16", fit_seed=9)
    return subject.train()[1]


def _examples(count: int, seed: int) -> Examples:
    """Draw noisy images in which the class is the place of a bright bar."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    images = rng.normal(90, 30, (count, SIDE, SIDE, 1))
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 3] += 70
    return Examples(np.clip(images, 0, 255).astype(np.uint8), labels)


DATA = TrainingData(train=_examples(80, seed=0), validation=_examples(40, seed=1))


@dataclass(frozen=True)
class _Subject:
    """An engine and a network of its own."""

    engine: Engine
    registry: Registry
    architecture: Architecture
    recipe: Recipe

    @classmethod
    def load(cls, question: Question) -> _Subject:
        registry = discover(question.plugins)
        architecture = registry[question.network]
        own = replace(architecture.recipe_for("fine-tune", "scratch"), early_stopping=0)
        return cls(
            load_engine(question.engine), registry, architecture, own.tuned(question.settings)
        )

    @property
    def task(self) -> Task:
        side = max(SIDE, self.architecture.minimum_input)
        return Task(classes=CLASSES, image_shape=(SIDE, SIDE, 1), input_size=side, seed=3)

    def prepare(self, precision: Precision = "float32") -> None:
        self.engine.prepare(threads=1, precision=precision, seed=3)

    def conditions(self, precision: Precision) -> Mapping[str, str]:
        self.prepare(precision)
        return dict(self.engine.conditions())

    def learner(self) -> Learner:
        self.prepare()
        return self.engine.learner(self.architecture, self.task, self.recipe, SCRATCH)

    def train(
        self,
        *,
        recipe: Recipe | None = None,
        checkpoint: Path | None = None,
        precision: Precision = "float32",
        **changes: Any,
    ) -> tuple[Learner, Trained]:
        self.prepare(precision)
        plain = {"strategy": "fine-tune", "until": EPOCHS, "fit_seed": 2}
        course = Course(
            recipe=recipe or self.recipe,
            augmentation="standard",
            epochs=EPOCHS,
            protocol_seed=1,
            metric="log_loss",
            **{**plain, **changes},
        )
        outcome = train(
            *(self.engine, self.architecture, self.task, DATA, course, SCRATCH),
            checkpoint=checkpoint,
        )
        return outcome.learner, Trained(
            weights=_digests(outcome.learner.weights()),
            learned=sorted(outcome.learner.rates()),
            losses=[record.train_loss for record in outcome.history],
            validation_losses=[record.validation["log_loss"] for record in outcome.history],
            best_loss=outcome.best_value,
            loss_at_end=_loss(outcome.learner),
            images_seen=outcome.images_seen,
        )

    def frozen(self, **changes: Any) -> Trained | str:
        try:
            return self.train(**{"strategy": "frozen", **changes})[1]
        except ModelError as error:
            return str(error)


def _kept(subject: _Subject, learner: Learner, folder: Path) -> KeptModel:
    """Save ``learner`` and restore it."""
    folder.mkdir()
    saved = learner.save(folder)
    found = sorted(path.name for path in folder.iterdir())
    restored = subject.engine.restore(folder, subject.registry)
    backbone = FitFolder(folder).backbone
    learner.save_backbone(backbone)
    return KeptModel(
        saved=sorted(saved),
        found=found,
        probabilities=learner.predict(DATA.validation.images),
        restored=restored.predict(DATA.validation.images),
        cost=learner.cost(),
        restored_cost=restored.cost(),
        attention=_attention(restored),
        backbone_written=backbone.is_file(),
    )


def _attention(model: Predictor) -> Attention | str:
    try:
        return model.attention(DATA.validation.images[:4], DATA.validation.labels[:4])
    except NoMap as error:
        return str(error)


def _loss(learner: Learner) -> float:
    images, labels = DATA.validation.images, DATA.validation.labels
    return float(-np.log(learner.predict(images)[np.arange(len(labels)), labels]).mean())


def _digests(weights: Arrays) -> dict[str, str]:
    return {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in weights.items()}
