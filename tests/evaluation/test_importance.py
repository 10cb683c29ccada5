"""Importance of hyperparameters: what matters is found, and silence where nothing can be said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.evaluation.importance import importance, unknown_because
from benchmarks.store.records import TrialRecord, VariantOutcome, VariantRecord, VariantResults
from models.registry import Categorical, Dimension, Float

SPACE: dict[str, Dimension] = {
    "learning_rate": Float(1e-4, 1e-2, log=True),
    "dropout": Float(0.0, 0.6),
    "optimizer": Categorical(("adam", "sgd")),
}


def tuned(number: int, space: dict[str, Dimension] = SPACE, **given: Any) -> VariantResults:
    """Make trials whose score is the logarithm of their learning rate."""
    chance = np.random.default_rng(0)
    trials = []
    for place in range(number):
        rate = float(10 ** chance.uniform(-4, -2))
        params = {
            "learning_rate": rate,
            "dropout": float(chance.uniform(0, 0.6)),
            "optimizer": ["adam", "sgd"][place % 2],
        }
        trial = {"state": "complete", "value": float(np.log10(rate)), "params": params, **given}
        trials.append(TrialRecord(number=place, **trial))
    facts = VariantRecord(name="net", architecture="net", space=space)
    return VariantResults(facts, VariantOutcome("ok"), trials=tuple(trials))


def test_what_decides_the_score_has_nearly_all_importance() -> None:
    found = importance(tuned(20))
    assert set(found) == set(SPACE)
    assert sum(found.values()) == pytest.approx(1)
    assert found["learning_rate"] > 0.9


def test_it_is_the_same_each_time() -> None:
    assert importance(tuned(10)) == importance(tuned(10))


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        (tuned(7), "complete trials: 7"),
        (tuned(12, state="pruned"), "complete trials: 0"),
        (tuned(12, value=0.5), "scored alike"),
        (tuned(12, {"dropout": SPACE["dropout"]}), "hyperparameters searched: 1"),
        (tuned(12, {}), "hyperparameters searched: 0"),
        (tuned(12, SPACE | {"width": Categorical((1, 2))}), "complete trials: 0"),
        (tuned(12, SPACE | {"dropout": Float(0.7, 0.9)}), "complete trials: 0"),
    ],
)
def test_where_it_cannot_be_told_the_reason_is(variant: VariantResults, reason: str) -> None:
    assert reason in unknown_because(variant)
    assert importance(variant) == {}
