"""The loop, on the scikit-learn engine, which shares it with the networks' engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import metrics
from benchmarks.engines.contract import InitialWeights
from benchmarks.engines.registry import load_engine
from benchmarks.metrics import Metric, accuracy
from benchmarks.training.checkpoint import EpochRecord
from benchmarks.training.loop import TrainingOutcome, train
from models.registry import ModelError, discover
from tests.engines.trainings import DATA, SCRATCH, TASK, course

REGISTRY = discover()


def fit(name: str = "pixel-logistic", **changes: Any) -> TrainingOutcome:
    places = {k: changes.pop(k) for k in ("checkpoint", "on_epoch") if k in changes}
    engine = load_engine("scikit-learn")
    engine.prepare(threads=1, precision="float32", seed=0)
    weights = changes.pop("weights", SCRATCH)
    architecture = REGISTRY[name]
    return train(engine, architecture, TASK, DATA, course(**changes), weights, **places)


def without_times(history: list[EpochRecord]) -> list[EpochRecord]:
    return [replace(record, seconds=0) for record in history]


def test_pixel_logistic_learns_more_than_the_majority() -> None:
    floor, linear = fit("majority"), fit("pixel-logistic")
    assert linear.best_value < floor.best_value
    assert [record.epoch for record in linear.history] == [1, 2, 3, 4]
    assert [record.images_seen for record in linear.history] == [80, 160, 240, 320]


def test_the_metric_selects_the_best_epoch() -> None:
    outcome = fit(metric="macro_f1")
    values = [record.validation["macro_f1"] for record in outcome.history]
    assert outcome.best_value == max(values)
    assert outcome.best_epoch == values.index(max(values)) + 1


def test_the_best_value_of_a_metric_below_zero_keeps_its_sign(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    below = Metric(
        "shortfall",
        "Shortfall",
        "Accuracy less 1.",
        lambda labels, shares: accuracy(labels, shares) - 1,
        validated_as="validation_shortfall",
    )
    monkeypatch.setattr(metrics, "METRICS", (*metrics.METRICS, below))
    outcome = fit("majority", metric="shortfall")
    assert outcome.best_value == outcome.history[0].validation["shortfall"] < 0


def test_early_stopping_ends_a_fit_that_stands_still() -> None:
    outcome = fit("majority", settings={"early_stopping": 2}, metric="accuracy")
    assert outcome.stopped
    assert len(outcome.history) == 3
    assert outcome.best_epoch == 1


def test_a_rung_stops_at_until_and_goes_on_from_there(tmp_path: Path) -> None:
    told: list[EpochRecord] = []
    first = fit(checkpoint=tmp_path, until=2, on_epoch=told.append)
    second = fit(checkpoint=tmp_path, until=4, on_epoch=told.append)
    assert len(first.history) == 2
    assert [record.epoch for record in told] == [1, 2, 3, 4]
    assert without_times(second.history) == without_times(fit().history)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def test_a_finished_fit_is_not_trained_again(tmp_path: Path) -> None:
    done = fit(checkpoint=tmp_path)
    told: list[EpochRecord] = []
    again = fit(checkpoint=tmp_path, on_epoch=told.append)
    assert told == []
    assert again.history == done.history
    images = DATA.validation.images
    assert np.array_equal(again.learner.predict(images), done.learner.predict(images))


def test_the_checkpoint_of_another_fit_is_refused(tmp_path: Path) -> None:
    fit(checkpoint=tmp_path)
    with pytest.raises(ModelError, match=r"belongs to another training; delete it"):
        fit(checkpoint=tmp_path, fit_seed=5)


def test_a_floor_has_no_weights_and_no_backbone() -> None:
    with pytest.raises(ModelError, match="no weights to start from"):
        fit(weights=InitialWeights(file=Path("w.safetensors")))
    with pytest.raises(ModelError, match="no backbone to freeze"):
        fit(strategy="frozen")


def test_a_floor_is_saved_and_restored(tmp_path: Path) -> None:
    learner = fit().learner
    assert learner.save(tmp_path) == ["model.safetensors", "model.json"]
    restored = load_engine("scikit-learn").restore(tmp_path, REGISTRY)
    images = DATA.validation.images
    assert np.array_equal(restored.predict(images), learner.predict(images))
    assert restored.cost() == learner.cost()


def test_phases_divide_the_epochs() -> None:
    two = course(strategy="frozen-then-fine-tune", settings={"frozen_share": 0.3}, epochs=10)
    assert [two.phase_start(epoch) for epoch in range(5)] == [0, 0, 0, 3, 3]
    assert course(strategy="frozen").frozen_epochs == 4
    assert course(strategy="fine-tune").frozen_epochs == 0
    assert [two.learning_stages(epoch) for epoch in (0, 2, 3)] == [0, 0, None]
    assert course(strategy="last:2").learning_stages(0) == 2
