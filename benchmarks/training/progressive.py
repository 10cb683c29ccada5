"""Progressive learning: a network begins with a smaller input and keeps its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.engines.building import smaller_input
from benchmarks.engines.contract import Engine, InitialWeights, Learner, Task
from models.registry import Architecture, ModelError, Recipe


@dataclass(frozen=True)
class Builder:
    """Builds the network of a fit as it starts, for its own input or for the smaller one."""

    engine: Engine
    architecture: Architecture
    task: Task
    recipe: Recipe
    weights: InitialWeights

    def learner(self, *, small: bool = False) -> Learner:
        """Return it; weights that can't be had raise ``ModelError``."""
        size = self.task.input_size
        size = smaller_input(self.architecture, size) if small else size
        task = replace(self.task, input_size=size)
        return self.engine.learner(self.architecture, task, self.recipe, self.weights)

    def refuse_dependent(self, stages: int | None) -> None:
        """Raise ``ModelError`` where the two inputs make two networks.

        The weights have other shapes, or other stages, of which the last ``stages`` of the backbone
        learn (``None``: all), each at its rate.
        """
        small, whole = self.learner(small=True), self.learner()
        if _shapes(small) != _shapes(whole):
            raise ModelError(
                f"{self.architecture.name}: the shapes of its weights depend on its input size; "
                "leave progressive out"
            )
        small.unfreeze(stages)
        whole.unfreeze(stages)
        if small.rates() != whole.rates():
            raise ModelError(
                f"{self.architecture.name}: which weights are in which stage depends on its input "
                "size; leave progressive out"
            )


def _shapes(learner: Learner) -> Mapping[str, tuple[int, ...]]:
    return {name: array.shape for name, array in learner.weights().items()}
