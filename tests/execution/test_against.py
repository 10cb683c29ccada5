"""Contestants take turns, in blocks of about one length, and files hold what was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.engines.rivals import MOST_STEPS, WARM_UP
from benchmarks.execution.jobs.against import race, what_is_given
from benchmarks.execution.jobs.job import AgainstJob
from benchmarks.training.loop import Examples
from models.registry import Recipe


def taking(name: str, seconds: float, told: list[tuple[str, int]]) -> Callable[[int], float]:
    """Return a contestant whose steps take so many ``seconds``, and which tells its blocks."""

    def take(steps: int) -> float:
        told.append((name, steps))
        return steps * seconds

    return take


def test_contestants_alternate_and_every_other_round_goes_backwards() -> None:
    told: list[tuple[str, int]] = []
    speeds = race(
        {name: taking(name, 0.1, told) for name in "abc"}, batch_size=8, seconds=0.5, rounds=3
    )
    assert "".join(name for name, _ in told[6:]) == "abccbaabc"
    assert speeds == {name: pytest.approx((80.0, 80.0, 80.0)) for name in "abc"}


@pytest.mark.parametrize(("step", "steps"), [(0.1, 5), (0.04, 12), (3.0, 1), (0.0001, MOST_STEPS)])
def test_a_block_has_as_many_steps_as_fill_its_time(step: float, steps: int) -> None:
    told: list[tuple[str, int]] = []
    race({"a": taking("a", step, told)}, batch_size=8, seconds=0.5, rounds=2)
    assert told == [("a", 1), ("a", 2), ("a", steps), ("a", steps)]


def test_a_speed_is_that_of_its_own_round() -> None:
    taken = iter([1.0, 1.0, 4.0, 8.0])  # the compiling step, the two that tell the length, blocks
    assert race({"a": lambda steps: next(taken)}, 16, 2.0, 2) == {"a": (16.0, 8.0)}


def test_files_hold_the_images_of_each_class_enough_for_a_block(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    data = Examples(images, np.array([1, 0, 1, 2, 0]))
    job = AgainstJob(
        key="",
        output=Path(),
        engine="keras",
        variant="x",
        architecture="plain-cnn",
        strategy="fine-tune",
        augmentation="standard",
        input_size=8,
        image_shape=(8, 8, 3),
        recipe=Recipe(batch_size=4),
        class_names=("a", "b", "c"),
        protocol_seed=0,
        training=Path(),
        seconds=0.1,
        rounds=1,
    )
    given = what_is_given(job, data, tmp_path)
    files = sorted(tmp_path.glob("*/*.png"), key=lambda file: file.name)
    assert len(files) == 4 * (WARM_UP + MOST_STEPS)
    assert [int(file.parent.name) for file in files[:5]] == data.labels.tolist()
    first = cv2.cvtColor(cv2.imread(str(files[0])), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(first, images[0])
    assert given.batch_size == 4
