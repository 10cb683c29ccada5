"""The estimate counts what a run does: epochs, the one pass of a frozen backbone, trials."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.bench.bench import speed_name
from benchmarks.data.prepared import PreparedData, prepare_data
from benchmarks.init.estimate import Pace, run_seconds
from benchmarks.protocol.schema import DataChoice, Protocol
from benchmarks.protocol.variants import resolve_variants
from models.registry import discover

PACE = Pace(training=10.0, prediction=100.0)
FROZEN = {"initialisation": "source", "strategy": "frozen"}
HELD = {"learning_rate": 1e-3, "batch_size": 64, "dropout": 0.5}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedData:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        choice = DataChoice(set="synthetic-faces", options={"scale": 0.05})
        return prepare_data(choice, None, seed=0)


def seconds(
    prepared: PreparedData,
    epochs: int,
    *,
    workers: int = 1,
    trials: int = 2,
    seeds: int = 1,
    **variant: Any,
) -> float:
    protocol = Protocol.model_validate(
        {
            "name": "p",
            "controls": False,
            "data": {"set": "synthetic-faces"},
            "source": {"set": "synthetic-faces", "epochs": 1},
            "tuning": {"trials": trials, "generation": 2, "rungs": [1]},
            "fit": {"epochs": epochs, "seeds": list(range(seeds))},
            "variants": [variant],
        }
    )
    shape = prepared.data.image_shape
    variants = resolve_variants(protocol, discover(), shape)
    paces = {speed_name(each, shape): PACE for each in variants}
    return run_seconds(protocol, variants, paces, prepared, workers=workers)


def an_epoch(prepared: PreparedData) -> float:
    split = prepared.split
    return len(split.train) / PACE.training + len(split.validation) / PACE.prediction


def test_each_epoch_counts(prepared: PreparedData) -> None:
    found = seconds(prepared, 9, architecture="vgg16") - seconds(prepared, 5, architecture="vgg16")
    assert found == pytest.approx(4 * an_epoch(prepared))


def test_a_frozen_backbone_sees_each_view_once_however_long_its_head_learns(
    prepared: PreparedData,
) -> None:
    short = seconds(prepared, 10, architecture="vgg16", **FROZEN)
    assert seconds(prepared, 40, architecture="vgg16", **FROZEN) == short
    assert short < seconds(prepared, 10, architecture="vgg16")


def test_trials_of_what_is_held_are_not_counted(prepared: PreparedData) -> None:
    tuned = seconds(prepared, 5, architecture="plain-cnn")
    held = seconds(prepared, 5, architecture="plain-cnn", hyperparameters=HELD)
    assert tuned - held > 2 * an_epoch(prepared)


def test_no_worker_shortens_what_follows_each_other(prepared: PreparedData) -> None:
    asked = {"architecture": "vgg16", "trials": 6, "seeds": 3}
    alone, many = seconds(prepared, 5, **asked), seconds(prepared, 5, workers=100, **asked)
    assert seconds(prepared, 5, workers=2, **asked) == pytest.approx(alone / 2)
    assert many > (3 + 5) * an_epoch(prepared)
    assert many == seconds(prepared, 5, workers=1000, **asked)


def test_epochs_with_a_smaller_input_take_less(prepared: PreparedData) -> None:
    held = {"learning_rate": 0.1, "weight_decay": 5e-4, "dropout": 0.3, "batch_size": 64}
    row = {"architecture": "narrow-resnet9", "hyperparameters": held}
    whole = seconds(prepared, 10, **row)
    row["hyperparameters"] = {**held, "progressive": 0.5}
    saved = 5 * (1 - (32 / 48) ** 2) * an_epoch(prepared)
    assert whole - seconds(prepared, 10, **row) == pytest.approx(saved)
