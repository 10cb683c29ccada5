"""The features of a frozen backbone: computed once, shared by all that begins with it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.training import features
from benchmarks.training.augmentation import Geometry
from benchmarks.training.features import DAYS, FeatureCache
from benchmarks.training.stream import batches, fixed_view
from tests.engines.trainings import course

IMAGES = np.random.default_rng(0).integers(0, 256, (600, 12, 12, 1), np.uint8)


@dataclass
class Summing:
    """A backbone that sums each row of an image, times a factor; it counts what it sees."""

    factor: float = 1.0
    seen: list[int] = field(default_factory=list)

    def weights(self) -> dict[str, NDArray[Any]]:
        return {"backbone/factor": np.array([self.factor]), "head/bias": np.random.random(3)}

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen.append(len(images))
        return self.factor * images.sum(axis=(2, 3), dtype=np.float32)


def view(number: int, *, protocol_seed: int = 1, crop: int = 0) -> Geometry | None:
    return fixed_view(IMAGES.shape, "standard", crop=crop, protocol_seed=protocol_seed, view=number)


def cached(learner: Summing, place: Path, seen: Geometry | None = None) -> NDArray[np.float32]:
    return FeatureCache(place, {}).of(learner).features(IMAGES, seen)  # type: ignore[arg-type]


def test_views_are_computed_once_whatever_head_begins_with_the_backbone(tmp_path: Path) -> None:
    first, second, other = Summing(), Summing(), Summing(factor=2)
    for learner in (first, second, other):
        for number in (0, 1, 0):
            found = cached(learner, tmp_path, view(number))
            changed = view(number).apply(IMAGES, np.arange(len(IMAGES)))  # type: ignore[union-attr]
            expected = learner.factor * changed.sum(axis=(2, 3), dtype=np.float32)
            assert np.array_equal(found, expected)
    assert (first.seen, second.seen, other.seen) == ([600, 600], [], [600, 600])


def test_other_views_are_computed_anew(tmp_path: Path) -> None:
    learner = Summing()
    views = [None, view(0), view(1), view(0, protocol_seed=2), view(0, crop=10)]
    found = {cached(learner, tmp_path, each).tobytes() for each in views}
    assert len(found) == len(learner.seen) == 5


def test_many_images_are_changed_a_part_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = cached(Summing(), tmp_path / "whole", view(0))
    monkeypatch.setattr(features, "CHUNK", 144 * 300)
    parts = Summing()
    assert np.array_equal(cached(parts, tmp_path / "parts", view(0)), whole)
    assert parts.seen == [256, 256, 88]


def test_an_entry_that_nobody_opened_for_long_goes_when_another_is_made(tmp_path: Path) -> None:
    learner = Summing()
    for number in (0, 1):
        cached(learner, tmp_path, view(number))
    long_ago = time.time() - (DAYS + 1) * 24 * 3600
    for entry in tmp_path.iterdir():
        os.utime(entry, (long_ago, long_ago))
    cached(learner, tmp_path, view(1))
    cached(learner, tmp_path, view(2))
    assert len([entry for entry in tmp_path.iterdir() if entry.is_dir()]) == 2
    cached(learner, tmp_path, view(1))
    assert len(learner.seen) == 3


def test_the_stream_takes_a_view_whatever_the_fit() -> None:
    chosen = {"protocol_seed": 1, "epoch": 0, "batch_size": len(IMAGES), "view": view(3)}
    labels = np.zeros(len(IMAGES), np.int64)
    one, other = (
        next(batches(IMAGES, labels, 2, **chosen, fit_seed=seed, augmentation="strong", crop=8))[0]
        for seed in (1, 2)
    )
    assert not np.array_equal(one, other)
    assert sorted(image.tobytes() for image in one) == sorted(image.tobytes() for image in other)


@pytest.mark.parametrize(
    ("augmentation", "settings", "views"),
    [
        ("standard", {}, [0, 1, 2, 3, 0, 1]),
        ("standard", {"frozen_views": 2}, [0, 1, 0, 1, 0, 1]),
        ("standard", {"frozen_views": 0}, [None] * 6),
        ("standard", {"mixup": 0.2}, [None] * 6),
        ("none", {"crop": 8, "frozen_views": 3}, [0, 1, 2, 0, 1, 2]),
        ("none", {"frozen_views": 0}, [0] * 6),
        ("none", {"progressive": 0.5}, [None] * 6),
    ],
)
def test_epochs_take_the_views_in_turn(
    augmentation: str, settings: dict[str, Any], views: list[int | None]
) -> None:
    fit = course(strategy="frozen", augmentation=augmentation, settings=settings, epochs=6)
    assert [fit.view(epoch) for epoch in range(6)] == views


def test_only_frozen_epochs_have_views() -> None:
    two = course(strategy="frozen-then-fine-tune", settings={"frozen_share": 0.5}, epochs=6)
    assert [two.view(epoch) for epoch in range(6)] == [0, 0, 0, None, None, None]
    assert course(augmentation="standard", strategy="last:1").view(0) is None
