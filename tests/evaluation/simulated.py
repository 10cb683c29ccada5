"""Draws runs from a known world: images of known difficulty, trainings of known luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from benchmarks.evaluation.bootstrap import bootstrap
from benchmarks.store.records import (
    DataRecord,
    FitRecord,
    FitResults,
    Manifest,
    Predictions,
    RunResults,
    VariantOutcome,
    VariantRecord,
    VariantResults,
)
from tests.folder import Row, protocol_of

SHARES = np.array([0.5, 0.3, 0.2])


@dataclass(frozen=True)
class World:
    """A network answers an image rightly if difficulty + luck of the training + skill > 0.

    ``skills`` holds one number for each class; ``luck`` is the standard deviation over
    trainings; of an image's difficulty ``common`` is alike for all networks and ``own`` for
    all trainings of one network, as shares of its variance. Wrong answers are drawn evenly.
    """

    images: int = 400
    seeds: int = 3
    skills: tuple[float, ...] = (0.6, 0.3, 0.0)
    luck: float = 0.0
    common: float = 0.4
    own: float = 0.2

    def run(self, chance: np.random.Generator, variants: int) -> RunResults:
        """Draw a run with ``variants`` that are all equally good."""
        return _run_of_worlds(chance, [self] * variants)

    def beside(self, other: World, chance: np.random.Generator) -> RunResults:
        """Draw a run with a variant of this world and one of the ``other``, on the same images."""
        return _run_of_worlds(chance, [self, other])

    def answers(
        self, chance: np.random.Generator, labels: NDArray[np.int64], shared: NDArray[np.float64]
    ) -> list[NDArray[np.int64]]:
        """Draw what each training of one network answers."""
        own = shared + np.sqrt(self.own) * chance.standard_normal(len(labels))
        rest = np.sqrt(1 - self.common - self.own)
        answers = []
        for _ in range(self.seeds):
            level = np.array(self.skills)[labels] + self.luck * chance.standard_normal()
            right = own + rest * chance.standard_normal(len(labels)) + level > 0
            wrong = (labels + chance.integers(1, len(self.skills), len(labels))) % len(self.skills)
            answers.append(np.where(right, labels, wrong))
        return answers

    def truth(self) -> dict[str, float]:
        """Return the scores that infinitely many images and trainings would have."""
        points, weights = np.polynomial.hermite_e.hermegauss(60)
        recall = ndtr(np.array(self.skills) + self.luck * points[:, None])
        wrong = SHARES * (1 - recall) / (len(SHARES) - 1)
        answered = SHARES * recall + wrong.sum(axis=1, keepdims=True) - wrong
        f1 = 2 * SHARES * recall / (SHARES + answered)
        scores = {
            "accuracy": recall @ SHARES,
            "balanced_accuracy": recall.mean(axis=1),
            "macro_f1": f1.mean(axis=1),
            "rarest_f1": f1[:, -1],
            "rarest_precision": (SHARES * recall / answered)[:, -1],
            "rarest_recall": recall[:, -1],
        }
        return {name: float(weights @ of / weights.sum()) for name, of in scores.items()}


def _run_of_worlds(chance: np.random.Generator, worlds: list[World]) -> RunResults:
    first = worlds[0]
    labels = chance.choice(len(first.skills), size=first.images, p=SHARES)
    shared = np.sqrt(first.common) * chance.standard_normal(first.images)
    answers = {f"net-{n}": world.answers(chance, labels, shared) for n, world in enumerate(worlds)}
    return run_of(labels, answers, len(first.skills))


def run_of(
    labels: NDArray[np.int64],
    answers: dict[str, list[NDArray[np.int64]]],
    classes: int,
    *,
    image_ids: Sequence[str] | None = None,
    shared: NDArray[np.bool_] | None = None,
) -> RunResults:
    """Make a run in which each variant has the given answers, one array for each seed."""
    ids = np.array(image_ids if image_ids is not None else [f"{n:06}" for n in range(len(labels))])
    variants = tuple(
        VariantResults(
            VariantRecord(name=name, architecture=name, engine="keras"),
            VariantOutcome("ok"),
            tuple(
                FitResults(
                    FitRecord(variant=name, seed=seed),
                    (),
                    predictions(labels[:0], ids[:0], each[:0], classes),
                    predictions(labels, ids, each, classes),
                )
                for seed, each in enumerate(by_seed)
            ),
        )
        for name, by_seed in answers.items()
    )
    names = tuple(f"class {number}" for number in range(classes))
    data = DataRecord(name="simulated", class_names=names)
    protocol = protocol_of(tuple(Row(name=name) for name in answers))
    records = tuple(variant.record for variant in variants)
    manifest = Manifest(name="simulated", data=data, variants=records, protocol=protocol)
    none = np.zeros(len(labels), np.bool_)
    return RunResults(Path(), manifest, variants, test_shared=none if shared is None else shared)


def predictions(
    labels: NDArray[np.int64], ids: NDArray[np.str_], answers: NDArray[np.int64], classes: int
) -> Predictions:
    """Make predictions that give an answer two thirds and the other classes the rest."""
    probabilities = np.full((len(labels), classes), 1 / 3 / max(classes - 1, 1))
    probabilities[np.arange(len(labels)), answers] = 2 / 3
    return Predictions(np.arange(len(labels)), ids, labels, probabilities)


CLASSES = 5


def spend() -> dict[str, float]:
    """Bootstrap 12 × 3 fits of 3,589 images, 10,000 resamples; return what the process used."""
    import time

    from benchmarks.execution.jobs.training import peak_memory_mb

    tests = fits(36, 3589)
    began = time.process_time()
    bootstrap(tests, resamples=10_000)
    return {"seconds": time.process_time() - began, "megabytes": peak_memory_mb()}


def fits(number: int = 4, images: int = 300, *, absent: int | None = None) -> list[Predictions]:
    """Draw the predictions of several fits for the same images; class ``absent`` has none."""
    chance = np.random.default_rng(3)
    known = [label for label in range(CLASSES) if label != absent]
    labels = chance.choice(known, size=images)
    ids = np.array([f"{place:04}" for place in range(images)])
    drawn = []
    for _ in range(number):
        shares = chance.dirichlet(np.ones(CLASSES), size=images)
        shares[np.arange(images), labels] += 0.3
        shares /= shares.sum(axis=1, keepdims=True)
        drawn.append(Predictions(np.arange(images), ids, labels, shares))
    return drawn
