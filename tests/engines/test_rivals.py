"""Rivals do the same work as a fit: they train, on arrays and on files, and count what is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.engines.contract import Task
from benchmarks.engines.rivals import Given
from benchmarks.execution.jobs.against import RIVALS
from models.registry import Recipe, discover
from tests.engine_process import call
from tests.engines.rivalry import BATCH, CLASSES

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
TINY = (64 * 9 * 8, 16 * 9 * 8 * 16, 16 * CLASSES)
"""The multiply-accumulates of an image: two convolutions, on 8×8 and on 4×4, and the head."""
DEPTHWISE = (16 * 9 * 4, 4 * 9 * 4, 16 * CLASSES)
"""A convolution to 4×4 in four channels, one of each channel alone to 2×2, and the head."""


def ask(function: str, engine: str, **arguments: object) -> object:
    return call(f"tests.engines.rivalry:{function}", environment=QUIET, engine=engine, **arguments)


@pytest.mark.parametrize("engine", ["keras", "torch"])
@pytest.mark.parametrize(("name", "macs"), [("tiny", TINY), ("depthwise", DEPTHWISE)])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_limit_is_each_product_three_times_but_the_images_gradient(
    engine: str, name: str, macs: tuple[int, ...], precision: str, tmp_path: Path
) -> None:
    found = ask(
        "products_of_a_step",
        engine,
        name=f"{name}-{engine}",
        folder=str(tmp_path),
        precision=precision,
    )
    assert found == BATCH * (3 * sum(macs) - macs[0])


@pytest.mark.parametrize("engine", ["keras", "torch"])
def test_a_network_with_products_in_a_loop_has_no_limit_that_leaves_them_out(
    engine: str, tmp_path: Path
) -> None:
    told = ask("refusal", engine, name=f"recurrent-{engine}", folder=str(tmp_path))
    assert str(told).startswith("its limit is not known: it computes with ")


@pytest.mark.parametrize("engine", ["keras", "torch"])
@pytest.mark.parametrize(("precision", "crop"), [("float32", 0), ("bfloat16", 6)])
def test_bare_and_files_train_and_the_limit_does_not(
    engine: str, precision: str, crop: int, tmp_path: Path
) -> None:
    found = ask("changes", engine, folder=str(tmp_path), precision=precision, crop=crop)
    assert found == [True, True, False]


@pytest.mark.parametrize("engine", ["keras", "torch"])
@pytest.mark.parametrize("channels", [1, 3])
def test_files_are_read_at_their_size_and_augmented_anew(
    engine: str, channels: int, tmp_path: Path
) -> None:
    first, again = ask("augmented_twice", engine, folder=str(tmp_path), channels=channels)
    assert first.shape == again.shape == (1, 8, 8, channels)
    assert (first != again).any()
    assert first.max() > 1


def test_torchs_rivals_are_not_held_to_deterministic_algorithms(tmp_path: Path) -> None:
    call_within, afterwards = call(
        "tests.engines.rivalry:determined_afterwards", environment=QUIET, folder=str(tmp_path)
    )
    assert not call_within
    assert afterwards


def test_arrays_are_the_central_crop_in_batches_that_begin_anew() -> None:
    images = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4, 1)
    given = Given(
        architecture=discover()["plain-cnn"],
        task=Task(classes=3, image_shape=(4, 4, 1), input_size=2, seed=0),
        recipe=Recipe(crop=2),
        precision="float32",
        batch_size=2,
        images=images,
        labels=np.array([0, 1, 2]),
        files=Path(),
    )
    arrays, labels = given.arrays(2)
    np.testing.assert_array_equal(arrays, images[[0, 1, 2, 0], 1:3, 1:3].astype(np.float32))
    assert arrays.dtype == np.float32
    assert labels.tolist() == [0, 1, 2, 0]
    assert RIVALS == ("bare", "files", "limit")
