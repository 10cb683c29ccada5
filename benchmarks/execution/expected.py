"""What a variant's study and fits cost if nothing stops early, in epochs at its whole input."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.engines.building import smaller_input
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant
from benchmarks.training.loop import Course
from models.registry import Architecture, Recipe


@dataclass(frozen=True)
class Expected:
    """The epochs of a variant: ``generation`` those of a trial that reaches the last rung.

    ``total`` are those of all trials and fits. ``chain`` are those that follow each other however
    many workers there are: a trial of each of the ``generations``, then a ``fit``.
    """

    total: float
    generations: int
    generation: float
    fit: float

    @property
    def chain(self) -> float:
        """The epochs that no further worker shortens."""
        return self.generations * self.generation + self.fit


def expected(variant: Variant, protocol: Protocol) -> Expected:
    """Return the epochs that a variant's study and fits will take."""
    tuning = protocol.tuning
    generations = tuning.generations() if variant.space else ()
    trial = _of(variant, tuning.rungs[-1])
    fit = sum(_of(variant, min(protocol.fit.epochs, variant.recipe.epochs)))
    trials = sum(
        alive * sum(trial[before:rung])
        for generation in generations
        for alive, before, rung in zip(generation, (0, *tuning.rungs), tuning.rungs, strict=False)
    )
    total = trials + fit * len(protocol.fit.seeds)
    return Expected(total, len(generations), sum(trial), fit)


def epoch_costs(
    architecture: Architecture, input_size: int, recipe: Recipe, epochs: int
) -> tuple[float, ...]:
    """Return what each of the ``epochs`` of a training costs; 1 is one at the whole input.

    Those that progressive learning begins with cost as their pixels.
    """
    course = Course(
        recipe=recipe,
        strategy="fine-tune",
        augmentation="none",
        epochs=epochs,
        until=epochs,
        protocol_seed=0,
        fit_seed=0,
        metric="",
    )
    small = course.small_epochs
    if not small:
        return (1.0,) * epochs
    share = (smaller_input(architecture, input_size) / input_size) ** 2
    return (share,) * small + (1.0,) * (epochs - small)


def _of(variant: Variant, epochs: int) -> tuple[float, ...]:
    return epoch_costs(variant.architecture, variant.input_size, variant.recipe, epochs)
