"""The stream is a function of seeds, epoch and sample, and of nothing else (law 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.training.augmentation import DRAWS, POLICIES
from benchmarks.training.stream import batch_count, batches, network_seed

CLASSES = 4


def images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, 12, 10, 1), np.uint8)


def stream(count: int = 23, **changes: Any) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    chosen = {"protocol_seed": 1, "fit_seed": 2, "epoch": 3, "batch_size": 5}
    labels = np.arange(count) % CLASSES
    return list(batches(images(count), labels, CLASSES, **{**chosen, **changes}))


def test_shares_of_one_class_are_its_label_and_others_come_out_as_they_are() -> None:
    labels, chosen = np.arange(23) % CLASSES, {"protocol_seed": 1, "fit_seed": 2, "epoch": 3}
    settings = {**chosen, "batch_size": 23, "mixup": 0.4, "label_smoothing": 0.1}
    one_hot = np.eye(CLASSES, dtype=np.float32)[labels]
    (_, hard), (_, soft) = (
        next(batches(images(23), wanted, CLASSES, **settings)) for wanted in (labels, one_hot)
    )
    np.testing.assert_allclose(soft, hard, atol=1e-6)
    shares = np.random.default_rng(0).dirichlet(np.ones(CLASSES), 23).astype(np.float32)
    _, targets = next(batches(images(23), shares, CLASSES, **chosen, batch_size=23))
    assert sorted(map(tuple, targets)) == sorted(map(tuple, shares))


def same(left: list[Any], right: list[Any]) -> bool:
    return all(
        np.array_equal(a, b)
        for one, other in zip(left, right, strict=True)
        for a, b in zip(one, other, strict=True)
    )


@settings(max_examples=25)
@given(
    seeds=st.tuples(st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 500)),
    policy=st.sampled_from(["none", "standard", "strong"]),
    mixup=st.sampled_from([0.0, 0.4]),
)
def test_the_stream_repeats(seeds: tuple[int, int, int], policy: str, mixup: float) -> None:
    names = ("protocol_seed", "fit_seed", "epoch")
    chosen = dict(zip(names, seeds, strict=True))
    first, second = (stream(augmentation=policy, mixup=mixup, **chosen) for _ in range(2))
    assert same(first, second)


@pytest.mark.parametrize("name", ["protocol_seed", "fit_seed", "epoch"])
def test_each_seed_and_the_epoch_change_order_and_pixels(name: str) -> None:
    assert not same(stream(), stream(**{name: 77}))
    whole = {"batch_size": 23, "augmentation": "standard"}
    (one, _), (other, _) = stream(**whole)[0], stream(**whole, **{name: 77})[0]
    assert {i.tobytes() for i in one}.isdisjoint(i.tobytes() for i in other)


@settings(max_examples=25)
@given(batch_size=st.integers(1, 30))
def test_what_becomes_of_a_sample_does_not_depend_on_the_batch_size(batch_size: int) -> None:
    found = np.concatenate([x for x, _ in stream(batch_size=batch_size, augmentation="strong")])
    whole = np.concatenate([x for x, _ in stream(batch_size=23, augmentation="strong")])
    assert np.array_equal(found, whole[: len(found)])


@settings(max_examples=50)
@given(count=st.integers(1, 40), batch_size=st.integers(1, 50))
def test_an_incomplete_last_batch_is_dropped_unless_it_is_the_only(
    count: int, batch_size: int
) -> None:
    sizes = [len(x) for x, _ in stream(count, batch_size=batch_size)]
    assert len(sizes) == batch_count(count, batch_size)
    assert set(sizes) == {min(count, batch_size)}


def test_without_augmentation_every_image_comes_once_with_its_label() -> None:
    ((inputs, targets),) = stream(batch_size=23)
    known = {image.tobytes(): i % CLASSES for i, image in enumerate(images(23))}
    found = {
        image.astype(np.uint8).tobytes(): int(target.argmax())
        for image, target in zip(inputs, targets, strict=True)
    }
    assert inputs.dtype == targets.dtype == np.float32
    assert found == known


@pytest.mark.parametrize("policy", ["standard", "strong"])
def test_augmented_pixels_stay_in_range_and_change(policy: str) -> None:
    (changed, _), *_ = stream(batch_size=23, augmentation=policy)
    (plain, _), *_ = stream(batch_size=23)
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert np.abs(changed - plain).mean() > 5


@pytest.mark.parametrize("crop", [6, 7, 10])
def test_the_centre_of_a_shifted_image_is_a_slice_of_it(crop: int) -> None:
    faces, found = images(400), set()
    seeds = {"protocol_seed": 1, "fit_seed": 2, "epoch": 3, "batch_size": 400}
    ((shifted, targets),) = batches(faces, np.arange(400), 400, crop=crop, **seeds)
    top, left = (12 - crop) // 2, (10 - crop) // 2
    for image, row in zip(shifted, targets.argmax(axis=1), strict=True):
        central = image[top : top + crop, left : left + crop]
        places = [(y, x) for y in range(13 - crop) for x in range(11 - crop)]
        whole = faces[row]
        (place,) = (
            (y, x) for y, x in places if np.array_equal(central, whole[y : y + crop, x : x + crop])
        )
        found.add(place)
    assert found == set(places)


@pytest.mark.parametrize("policy", ["standard", "strong"])
def test_a_crop_leaves_what_else_is_drawn_as_it_is(policy: str) -> None:
    whole = {"batch_size": 23, "augmentation": policy}
    ((plain, labels),), ((moved, same_labels),) = stream(**whole), stream(**whole, crop=8)
    assert np.array_equal(labels, same_labels)
    assert not np.array_equal(plain, moved)


def test_targets_are_smoothed_and_mixed_and_sum_to_one() -> None:
    (_, smooth), *_ = stream(label_smoothing=0.2)
    np.testing.assert_allclose(np.unique(smooth), [0.05, 0.85], rtol=1e-6)
    for _, targets in stream(mixup=1.0, label_smoothing=0.2):
        np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)


def test_mixup_blends_images_as_it_blends_targets() -> None:
    ((plain, labels),), ((mixed, targets),) = stream(batch_size=23), stream(batch_size=23, mixup=1)
    i = next(i for i in range(23) if labels[i].argmax() != labels[22 - i].argmax())
    weight = targets[i][labels[i].argmax()]
    np.testing.assert_allclose(
        mixed[i], weight * plain[i] + (1 - weight) * plain[22 - i], atol=0.01
    )


def test_the_middle_of_the_standard_draws_changes_nothing_and_the_flip_mirrors() -> None:
    faces = images(2)
    draws = np.full((2, DRAWS), 0.5)
    draws[1, 0] = 0.0
    changed = POLICIES["standard"](draws, 12, 10).apply(faces, np.arange(2))
    assert np.array_equal(changed[0], faces[0])
    assert np.array_equal(changed[1], faces[1][:, ::-1])


def test_standard_stays_within_its_limits() -> None:
    draws = np.random.default_rng(0).random((2000, DRAWS))
    matrices = POLICIES["standard"](draws, 48, 48).matrices
    zoom = np.sqrt(np.abs(np.linalg.det(matrices[:, :, :2])))
    turn = np.degrees(np.arcsin(matrices[:, 1, 0] / zoom))
    centre = matrices @ [23.5, 23.5, 1]
    assert 0.9 <= zoom.min() < 0.91
    assert 1.09 < zoom.max() <= 1.1
    assert 9.9 < np.abs(turn).max() <= 10
    assert 4.7 < np.abs(centre - 23.5).max() <= 4.8
    assert 0.45 < (np.linalg.det(matrices[:, :, :2]) < 0).mean() < 0.55


def test_strong_erases_a_box_in_half_of_the_images() -> None:
    draws = np.random.default_rng(0).random((2000, DRAWS))
    top, left, bottom, right = POLICIES["strong"](draws, 48, 48).boxes.T
    area = (bottom - top) * (right - left) / 48**2
    assert 0.45 < (area > 0).mean() < 0.55
    assert area.max() <= 0.34
    assert min(top.min(), left.min()) >= 0
    assert max(bottom.max(), right.max()) <= 48


def test_colour_images_keep_their_channels_together() -> None:
    grey = images(6)
    labels = np.zeros(6, np.int64)
    seeds = {"protocol_seed": 1, "fit_seed": 2, "epoch": 3, "batch_size": 6}
    (one, _), (three, _) = (
        next(batches(x, labels, 2, augmentation="strong", **seeds))
        for x in (grey, np.repeat(grey, 3, axis=3))
    )
    assert np.array_equal(np.repeat(one, 3, axis=3), three)


def test_the_network_seed_differs_between_epochs() -> None:
    assert len({network_seed(1, 2, epoch) for epoch in range(50)}) == 50
