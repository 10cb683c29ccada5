"""Every likely reading is tried once, on images of all classes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.exchange.adding.alternatives import options, other_readings, stratified_sample
from benchmarks.store.records import InputSpec


def reading(scale="0..1", colour="grey") -> InputSpec:
    return InputSpec(scale=scale, classes=("a", "b"), colour=colour, height=12, width=12)


def told(stated: InputSpec, channels: int) -> set[str]:
    return {options(each) for each in other_readings(stated, (16, 16, channels))}


def test_a_sample_of_sorted_classes_has_each_with_its_share() -> None:
    counts = np.array([467, 56, 496, 895, 653, 415, 607])
    labels = np.repeat(np.arange(7), counts)
    sample = stratified_sample(labels, 1000)
    assert len(np.unique(sample)) == 1000 and (np.diff(sample) > 0).all()
    taken = np.bincount(labels[sample])
    assert np.abs(taken - counts * 1000 / counts.sum()).max() <= 1


def test_a_sample_is_the_same_each_time_and_no_run_of_neighbours() -> None:
    labels = np.zeros(5000, np.int64)
    sample = stratified_sample(labels, 100)
    assert (sample == stratified_sample(labels, 100)).all()
    assert sample[0] < 500 < 4500 < sample[-1]


def test_few_images_are_all_taken() -> None:
    assert stratified_sample(np.array([1, 0, 1])).tolist() == [0, 1, 2]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_grey_model_can_differ_in_its_scale_only(channels: int) -> None:
    expected = {"--scale 0..255", "--scale=-1..1", "--scale imagenet", "--scale caffe"}
    assert told(reading(), channels) == expected


def test_a_colour_model_can_take_every_scale_in_either_order() -> None:
    found = told(reading(colour="rgb"), 3)
    assert len(found) == 9
    assert {"--scale 0..1 --colour bgr", "--scale caffe --colour bgr"} <= found


def test_orders_of_a_grey_images_channels_count_where_the_scale_tells_them_apart() -> None:
    found = told(reading(colour="rgb"), 1)
    assert "--scale 0..1 --colour bgr" not in found
    assert {"--scale caffe --colour rgb", "--scale caffe --colour bgr"} <= found
    assert len(found) == 6
