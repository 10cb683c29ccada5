"""What an architecture's code builds and answers is checked before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

from benchmarks.engines.building import built_network, refuse_shape
from benchmarks.engines.contract import SCRATCH, Task
from benchmarks.engines.scikit.engine import ScikitEngine, ScikitLearner
from models.floors import PixelLogistic
from models.registry import Architecture, BuildRequest, ModelError, Network, Recipe, architecture

REQUEST = BuildRequest(classes=7, image_shape=(8, 8, 1), input_size=8, recipe=Recipe(), seed=0)
IMAGES = np.zeros((5, 8, 8, 1), np.uint8)


def declared(build: Callable[[BuildRequest], Any]) -> Architecture:
    return architecture(name="mine", engine="scikit-learn", summary="", source="")(build)


def learner(build: Callable[[BuildRequest], Any]) -> ScikitLearner:
    task = Task(classes=7, image_shape=(8, 8, 1), input_size=8, seed=0)
    return ScikitEngine().learner(declared(build), task, Recipe(), SCRATCH)


def test_an_estimator_that_lacks_methods_is_refused_with_their_names() -> None:
    with pytest.raises(ModelError, match="mine: its estimator, SGDClassifier, lacks arrays, load_"):
        learner(lambda request: SGDClassifier(loss="log_loss"))


def test_code_that_returns_nothing_is_refused() -> None:
    with pytest.raises(ModelError, match="NoneType, lacks partial_fit, predict_proba, arrays, lo"):
        learner(lambda request: None)
    with pytest.raises(ModelError, match="mine: its code returns NoneType; expected models"):
        built_network(declared(lambda request: None), REQUEST)


def test_a_network_is_taken_as_it_is_built() -> None:
    network = Network("backbone", "head")
    assert built_network(declared(lambda request: network), REQUEST) is network


class Narrow(PixelLogistic):
    """Answers for three classes, whatever is asked."""

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        return np.full((len(images), 3), 1 / 3)


def test_answers_of_another_shape_are_refused_with_both() -> None:
    with pytest.raises(ModelError, match="mine: it answers with 5×3; expected 5×7, images × cla"):
        learner(lambda request: Narrow(request)).predict(IMAGES)
    with pytest.raises(ModelError, match="it answers with a single number; expected N×7"):
        refuse_shape("mine", (), (None, 7))


def test_a_floor_answers_as_it_should() -> None:
    assert learner(lambda request: PixelLogistic(request)).predict(IMAGES).shape == (5, 7)
