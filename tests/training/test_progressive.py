"""Progressive learning: which epochs are small, and which networks cannot have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from benchmarks.engines.building import smaller_input
from benchmarks.engines.contract import SCRATCH, Arrays, Task
from benchmarks.training.checkpoint import EpochRecord
from benchmarks.training.progressive import Builder
from models.registry import Architecture, ModelError, Recipe
from tests.engines.trainings import course

NETWORK = Architecture(name="mine", engine="mine", summary="", source="", build=lambda request: 0)
TASK = Task(classes=2, image_shape=(48, 48, 1), input_size=48, seed=0)


@dataclass(frozen=True)
class FakeLearner:
    """Has one array of weights, which learns at a part of the rate."""

    kernel: Any
    scale: float = 1.0

    def weights(self) -> Arrays:
        return {"head/kernel": self.kernel}

    def unfreeze(self, stages: int | None) -> None:
        pass

    def rates(self) -> Mapping[str, float]:
        return {"head/kernel": self.scale}


class FlatEngine:
    """Its networks have a weight for each pixel."""

    def learner(self, architecture: Any, task: Task, recipe: Any, weights: Any) -> FakeLearner:
        return FakeLearner(np.zeros((task.input_size**2, task.classes)))


class PoolingEngine:
    """Its networks pool what they make of the pixels."""

    def learner(self, architecture: Any, task: Task, recipe: Any, weights: Any) -> FakeLearner:
        return FakeLearner(np.zeros((16, task.classes)))


class DeepeningEngine:
    """Its networks have more stages the more pixels there are."""

    def learner(self, architecture: Any, task: Task, recipe: Any, weights: Any) -> FakeLearner:
        stages = round(np.log2(task.input_size))
        return FakeLearner(np.zeros((16, task.classes)), recipe.layer_decay**stages)


def history(*losses: float) -> list[EpochRecord]:
    return [
        EpochRecord(
            epoch=epoch,
            images_seen=8 * epoch,
            learning_rate=0.1,
            train_loss=1.0,
            train_accuracy=0.5,
            validation={"log_loss": loss},
            seconds=0,
        )
        for epoch, loss in enumerate(losses, start=1)
    ]


@pytest.mark.parametrize(("size", "smaller"), [(48, 32), (44, 32), (64, 40), (96, 64), (224, 152)])
def test_two_thirds_of_the_input_to_a_multiple_of_eight(size: int, smaller: int) -> None:
    assert smaller_input(NETWORK, size) == smaller


def test_the_smaller_input_is_not_below_the_minimum() -> None:
    assert smaller_input(replace(NETWORK, minimum_input=36), 48) == 36
    with pytest.raises(ModelError, match="48 pixels leaves progressive no smaller one"):
        smaller_input(replace(NETWORK, minimum_input=48), 48)


def test_a_network_whose_weights_depend_on_its_input_is_refused() -> None:
    Builder(PoolingEngine(), NETWORK, TASK, Recipe(), SCRATCH).refuse_dependent(None)
    with pytest.raises(ModelError, match="mine: the shapes of its weights depend"):
        Builder(FlatEngine(), NETWORK, TASK, Recipe(), SCRATCH).refuse_dependent(None)


def test_a_network_whose_stages_depend_on_its_input_is_refused_where_they_differ_in_rate() -> None:
    even, uneven = Recipe(), Recipe(layer_decay=0.5)
    Builder(DeepeningEngine(), NETWORK, TASK, even, SCRATCH).refuse_dependent(None)
    with pytest.raises(ModelError, match="mine: which weights are in which stage depends"):
        Builder(DeepeningEngine(), NETWORK, TASK, uneven, SCRATCH).refuse_dependent(None)


@pytest.mark.parametrize(("share", "epochs", "small"), [(0, 8, 0), (0.5, 8, 4), (0.01, 8, 1)])
def test_the_small_epochs_are_a_share_of_all(share: float, epochs: int, small: int) -> None:
    assert course(settings={"progressive": share}, epochs=epochs).small_epochs == small


def test_there_is_always_an_epoch_of_the_whole_input() -> None:
    assert course(settings={"progressive": 0.99}, epochs=3).small_epochs == 2
    assert course(settings={"progressive": 0.99}, epochs=1).small_epochs == 0


def test_a_small_phase_is_not_cut_short_and_the_next_counts_anew() -> None:
    fit = course(settings={"progressive": 0.5, "early_stopping": 2}, epochs=8, until=8)
    assert not fit.stops(history(1, 2, 3, 4))
    assert not fit.stops(history(1, 2, 3, 4, 3, 4))
    assert fit.stops(history(1, 2, 3, 4, 3, 4, 4))


def test_the_best_epoch_is_one_of_the_input_that_the_network_ends_with() -> None:
    fit, epochs = course(settings={"progressive": 0.5}, epochs=4), history(1, 2, 3, 4)
    assert fit.selectable(epochs[:2]) == epochs[:2]
    assert fit.selectable(epochs) == epochs[2:]
