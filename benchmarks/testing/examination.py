"""What architectures do under their engine, found out in a process that has it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import (
    SCRATCH,
    Arrays,
    Engine,
    Images,
    InitialWeights,
    Learner,
    Task,
)
from benchmarks.engines.registry import load_engine
from benchmarks.store.folder import FitFolder
from models.registry import Architecture, ModelError, Registry, discover

CLASSES, SIDE, COUNT = 7, 48, 3
GREY, COLOUR = (SIDE, SIDE, 1), (SIDE, SIDE, 3)


@dataclass(frozen=True, kw_only=True)
class ModelExamination:
    """What one architecture answered.

    ``shapes`` are those of the probabilities of three images: grey ones at the network's own
    size, and ones in colour that the network enlarges. ``weights`` counts all numbers that it
    starts with. ``learns`` tells whether two steps change any of them; ``still`` names the
    kernels (arrays of two and more axes) that they leave as they were. ``differences``: for
    each way through a file, the largest difference of a log probability, or of a weight.
    """

    shapes: Mapping[str, tuple[int, ...]]
    sums_to_one: bool
    tells_images_apart: bool
    same_seed_same_weights: bool
    other_seed_other_weights: bool
    weights: int
    learns: bool
    still: Sequence[str]
    differences: Mapping[str, float]


def examine(names: Sequence[str], plugins: Sequence[Path]) -> dict[str, ModelExamination]:
    """Examine architectures of one engine in turn; return what each answered."""
    registry = discover(plugins)
    engine = load_engine(registry[names[0]].engine)
    return {name: _examine(engine, registry, name) for name in names}


def _examine(engine: Engine, registry: Registry, name: str) -> ModelExamination:
    engine.prepare(threads=1, precision="float32", seed=0)
    subject = Subject(engine, registry[name])
    grey, colour = subject.learner(GREY, seed=5), subject.learner(COLOUR, seed=0)
    answers = {"grey": grey.predict(_images(GREY)), "colour": colour.predict(_images(COLOUR))}
    before = grey.weights()
    after = _two_steps(grey)
    kernels = [name for name, array in before.items() if array.ndim > 1]
    return ModelExamination(
        shapes={case: found.shape for case, found in answers.items()},
        sums_to_one=all(np.allclose(found.sum(axis=1), 1) for found in answers.values()),
        tells_images_apart=bool(np.ptp(answers["grey"], axis=0).max() > 0),
        same_seed_same_weights=_equal(before, subject.learner(GREY, seed=5).weights()),
        other_seed_other_weights=not _equal(before, subject.learner(GREY, seed=6).weights()),
        weights=sum(array.size for array in before.values()),
        learns=not _equal(before, after),
        still=[name for name in kernels if np.array_equal(before[name], after[name])],
        differences=_differences(subject, registry, colour, answers["colour"]),
    )


@dataclass(frozen=True)
class Subject:
    """An architecture and the engine that builds it."""

    engine: Engine
    architecture: Architecture

    def learner(
        self, shape: tuple[int, int, int], *, seed: int, weights: InitialWeights = SCRATCH
    ) -> Learner:
        """Build the network for images of ``shape``; it enlarges those in colour."""
        side = max(SIDE, self.architecture.minimum_input) + (16 if shape == COLOUR else 0)
        task = Task(classes=CLASSES, image_shape=shape, input_size=side, seed=seed)
        recipe = replace(self.architecture.recipe, optimizer="sgd", clip_norm=0.0)
        return self.engine.learner(self.architecture, task, recipe, weights)


def _images(shape: tuple[int, int, int]) -> Images:
    return np.random.default_rng(0).integers(0, 256, (COUNT, *shape)).astype(np.uint8)


def _equal(one: Arrays, other: Arrays) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def _two_steps(learner: Learner) -> Arrays:
    """Take two steps: after one, the last batch norm of a residual block may still be zero."""
    targets = np.eye(CLASSES, dtype=np.float32)[:COUNT]
    for _ in range(2):
        learner.train_batch(_images(GREY).astype(np.float32), targets, 0.1)
    return learner.weights()


def _differences(
    subject: Subject, registry: Registry, learner: Learner, answers: NDArray[np.float64]
) -> dict[str, float]:
    """Save and load ``learner``, whole and its backbone alone, in every file that takes it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = learner.save(folder)
        restored = subject.engine.restore(folder, registry).predict(_images(COLOUR))
        found = {"whole": float(np.abs(np.log(restored) - np.log(answers)).max())}
        backbone = FitFolder(folder).backbone
        try:
            learner.save_backbone(backbone)
        except ModelError:
            return found
        for file in (backbone, *(folder / name for name in files)):
            weights = InitialWeights(file=file)
            try:
                other = subject.learner(COLOUR, seed=1, weights=weights)
            except ModelError:
                continue
            found[file.name] = _distance(learner.weights(), other.weights())
        return found


def _distance(one: Arrays, other: Arrays) -> float:
    """Return how far the backbone of ``other`` is from that of ``one``."""
    names = [name for name in one if name.startswith("backbone/")]
    return max((float(np.abs(one[n] - other[n]).max()) for n in names), default=0.0)
