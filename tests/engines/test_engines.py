"""What both networks' engines promise beyond the contract, and that they keep to each other."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine_process import call

ENGINES = ("keras", "torch")
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
FROZEN = {"strategy": "frozen"}
TWO_PHASES = {"strategy": "frozen-then-fine-tune", "settings": {"frozen_share": 0.5}}


def fits(engine: str, *cells: dict[str, Any], **environment: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = call(
        "tests.engines.trainings:fits",
        environment={**QUIET, **environment},
        engine=engine,
        cells=list(cells),
    )
    return answer


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_training_metrics_are_means_over_the_epoch(engine: str) -> None:
    by_step, by_epoch = call(
        "tests.engines.trainings:metrics_by_step_and_epoch", environment=QUIET, engine=engine
    )
    np.testing.assert_allclose(by_step, by_epoch, rtol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(
            {"optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 1e-3, "schedule": "cosine"},
            marks=pytest.mark.slow,
        ),
        {"optimizer": "adamw", "weight_decay": 1e-2, "plateau_patience": 1, "schedule": "plateau"},
    ],
    ids=["sgd", "adamw"],
)
def test_a_broken_fit_goes_on_as_if_unbroken(
    engine: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    fit = {"strategy": "frozen-then-fine-tune", "settings": {**settings, "frozen_share": 0.5}}
    kept = {**fit, "checkpoint": str(tmp_path / "checkpoint")}
    rungs = [{**kept, "until": until} for until in (1, 2, 3, 4)]
    unbroken, *_, last = fits(engine, fit, *rungs)
    assert last == unbroken


def test_a_frozen_backbone_stays_as_it_was_bit_for_bit(engine: str, tmp_path: Path) -> None:
    cache = {"features": str(tmp_path / "features")}
    plain, cached, again, tuned = fits(
        engine, FROZEN, {**FROZEN, **cache}, {**FROZEN, **cache}, TWO_PHASES
    )
    for fit in (plain, cached):
        assert fit["backbone_after"] == fit["backbone_before"]
        assert fit["losses"][-1] < fit["losses"][0]
    assert tuned["backbone_after"] != tuned["backbone_before"]
    np.testing.assert_allclose(cached["losses"], plain["losses"], rtol=1e-4)
    np.testing.assert_allclose(cached["validation_losses"], plain["validation_losses"], rtol=1e-4)
    assert again == cached
    assert len(list((tmp_path / "features").glob("*/*.npy"))) == 2


def test_all_trials_and_fits_share_the_views_of_a_frozen_backbone(
    engine: str, tmp_path: Path
) -> None:
    """A head learns from features as it does from the images that they are of."""
    seen = {"augmentation": "standard", "settings": {"dropout": 0.0, "frozen_views": 3}}
    frozen, two = {**FROZEN, **seen}, {**TWO_PHASES, **seen}
    cache = {"features": str(tmp_path / "features")}
    other = {**frozen, "fit_seed": 5, "settings": {**seen["settings"], "learning_rate": 0.1}}
    plain, cached, again, unlike, tuned = fits(
        engine, frozen, *({**fit, **cache} for fit in (frozen, frozen, other, two))
    )
    np.testing.assert_allclose(cached["losses"], plain["losses"], rtol=1e-4)
    np.testing.assert_allclose(cached["validation_losses"], plain["validation_losses"], rtol=1e-4)
    assert again == cached != unlike
    assert tuned["losses"][0] == cached["losses"][0]
    assert len(list((tmp_path / "features").glob("*/*.npy"))) == 3 + 1


def test_of_the_last_stages_alone_a_broken_fit_goes_on_as_if_unbroken(
    engine: str, tmp_path: Path
) -> None:
    settings = {"layer_decay": 0.3, "optimizer": "sgd", "average_decay": 0.5, "progressive": 0.5}
    fit = {"strategy": "last:1", "settings": settings}
    kept = {**fit, "checkpoint": str(tmp_path / "checkpoint")}
    rungs = [{**kept, "until": until} for until in (1, 2, 3, 4)]
    plain, unbroken, *_, last = fits(engine, {"settings": settings}, fit, *rungs)
    assert last == unbroken
    assert unbroken["backbone_before"] != unbroken["backbone_after"] != plain["backbone_after"]


def test_code_of_a_network_may_draw_from_python_and_numpy(engine: str) -> None:
    first, epoch, again, epoch_again = call(
        "tests.engines.trainings:drawn", environment=QUIET, engine=engine
    )
    assert (first, epoch) == (again, epoch_again)


def test_earlier_stages_learn_more_slowly(engine: str) -> None:
    even, uneven = fits(engine, {}, {"settings": {"layer_decay": 0.1}})
    assert uneven["weights"] != even["weights"]
    assert uneven["losses"][-1] < uneven["losses"][0]


def test_no_dropout_acts_where_nothing_learns(engine: str) -> None:
    for stages, acts in ((None, True), (0, False), (1, False), (2, True)):
        one, other = call(
            "tests.engines.trainings:rests", environment=QUIET, engine=engine, stages=stages
        )
        assert (one != other) == acts, stages


def test_bfloat16_learns_the_same_thing_less_exactly(engine: str) -> None:
    steady = {"settings": {"dropout": 0.0}}
    full, half = fits(engine, steady, {**steady, "precision": "bfloat16"})
    assert half["weights"] != full["weights"]
    np.testing.assert_allclose(half["losses"], full["losses"], atol=0.1)


def test_a_loss_that_is_no_number_ends_the_fit_with_its_epoch(engine: str) -> None:
    (fit,) = fits(engine, {"settings": {"optimizer": "sgd", "learning_rate": 1e30}})
    assert "diverged in epoch 1" in fit["diverged"]


def test_a_saved_model_predicts_as_the_learner_did(engine: str) -> None:
    answer = call("tests.engines.trainings:saved_and_restored", environment=QUIET, engine=engine)
    assert answer["files"] == answer["found"]
    assert answer["difference"] < 1e-6
    assert answer["restored_cost"] == answer["cost"]
    weights = (9 * 8 + 8 + 16) + (9 * 8 * 16 + 16 + 32) + (16 * 3 + 3)
    macs = 12 * 12 * 9 * 8 + 6 * 6 * 9 * 8 * 16 + 16 * 3
    assert answer["cost"][0] == weights
    assert answer["cost"][1] == pytest.approx(macs, rel=0.15)


def test_a_crop_is_part_of_the_network(engine: str) -> None:
    found = call("tests.engines.trainings:cropped", environment=QUIET, engine=engine)
    assert max(found[name] for name in ("answers", "features", "saved")) < 1e-6
    assert found["maps"] == (12, 12)
    assert min(found["seen"]) >= 1
    assert max(found["seen"]) <= 10


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 1e-3, "clip_norm": 0.5},
        pytest.param(
            {"optimizer": "adam", "learning_rate": 1e-3, "weight_decay": 1e-3},
            marks=pytest.mark.slow,
        ),
        {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1e-1},
        {"optimizer": "sgd", "learning_rate": 0.05, "class_weights": "balanced"},
        {"optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 1e-3, "layer_decay": 0.2},
        pytest.param({"optimizer": "adam", "layer_decay": 0.2}, marks=pytest.mark.slow),
        {"optimizer": "adamw", "weight_decay": 1.0, "layer_decay": 0.2},
    ],
    ids=["sgd", "adam", "adamw", "weighted", "sgd by stage", "adam by stage", "adamw by stage"],
)
@pytest.mark.parametrize("stages", [None, 1], ids=["all", "last"])
def test_both_engines_follow_the_same_loss_curve(
    settings: dict[str, Any], stages: int | None, tmp_path: Path
) -> None:
    curves = [
        call(
            "tests.engines.trainings:step_losses",
            environment=QUIET,
            engine=engine,
            weights=str(tmp_path / "weights.npz"),
            settings=settings,
            stages=stages,
        )
        for engine in ENGINES
    ]
    assert len(curves[0]) == 30
    assert np.ptp(curves[0]) > 0.05
    np.testing.assert_allclose(curves[0], curves[1], atol=1e-3)


def test_both_engines_average_weights_and_statistics_alike(tmp_path: Path) -> None:
    place = {"weights": str(tmp_path / "weights.npz"), "environment": QUIET}
    (near, keras), (nearer, torch) = (
        call("tests.engines.trainings:averaged", engine=engine, **place) for engine in ENGINES
    )
    assert max(near, nearer) < 1e-6
    np.testing.assert_allclose(keras, torch, atol=1e-4)


def test_an_average_goes_on_from_the_frozen_phase_and_is_what_is_kept(
    engine: str, tmp_path: Path
) -> None:
    slow = {"settings": {"average_decay": 0.9, "dropout": 0.0, "frozen_share": 0.5}}
    two = {**slow, "strategy": "frozen-then-fine-tune"}
    kept = {**two, "checkpoint": str(tmp_path / "checkpoint")}
    raw, averaged, frozen, cached, unbroken, *_, resumed = fits(
        engine,
        {"settings": {"dropout": 0.0}},
        slow,
        {**FROZEN, **slow},
        {**FROZEN, **slow, "features": str(tmp_path / "features")},
        two,
        *({**kept, "until": until} for until in (1, 2, 3, 4)),
    )
    assert averaged["losses"] == raw["losses"]
    assert averaged["weights"] != raw["weights"]
    assert averaged["best_value"] == min(averaged["validation_losses"])
    assert frozen["backbone_after"] == frozen["backbone_before"]
    np.testing.assert_allclose(cached["validation_losses"], frozen["validation_losses"], rtol=1e-4)
    assert resumed == unbroken


def test_a_network_with_a_smaller_input_goes_on_with_the_whole_one(
    engine: str, tmp_path: Path
) -> None:
    """These networks take no heed of their input size, so what is carried over shows alone."""
    settings = {"frozen_share": 0.25, "average_decay": 0.9, "optimizer": "adamw"}
    plain = {"strategy": "frozen-then-fine-tune", "settings": settings}
    grown = {**plain, "settings": {**settings, "progressive": 0.5}}
    kept = {**grown, "checkpoint": str(tmp_path / "checkpoint")}
    whole, progressive, *_, resumed = fits(
        engine, plain, grown, *({**kept, "until": until} for until in (1, 2, 3, 4))
    )
    assert progressive["losses"] == whole["losses"]
    assert progressive["validation_losses"] == whole["validation_losses"]
    assert progressive["best_value"] == min(whole["validation_losses"][2:])
    assert resumed == progressive


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_keras_trains_on_another_backend(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    fit = {**TWO_PHASES, "settings": {"frozen_share": 0.5, "average_decay": 0.5}}
    kept = {**fit, "checkpoint": str(tmp_path / "checkpoint")}
    unbroken, _, resumed = fits("keras", fit, {**kept, "until": 3}, kept, KERAS_BACKEND=backend)
    assert resumed == unbroken
    assert unbroken["losses"][-1] < unbroken["losses"][0]


@pytest.mark.parametrize(
    ("engine", "backend"), [("keras", "tensorflow"), ("keras", "torch"), ("torch", "torch")]
)
def test_a_process_imports_one_engine(engine: str, backend: str) -> None:
    environment = {**QUIET, "KERAS_BACKEND": backend}
    imported = call(
        "tests.engines.trainings:engines_imported", environment=environment, engine=engine
    )
    assert imported == [backend]
