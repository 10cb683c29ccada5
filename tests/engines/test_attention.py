"""Grad-CAM finds what a network's answer rests on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.engines.contract import NoMap
from benchmarks.engines.grad_cam import FeatureMap, deepest, grad_cam
from benchmarks.execution.jobs.choice import chosen
from tests.engine_process import call


@pytest.fixture(scope="module", params=["keras_corner", "torch_corner"])
def corners(request: pytest.FixtureRequest) -> dict[Any, Any]:
    function = f"tests.engines.attention_networks:{request.param}"
    return {corner: call(function, corner=list(corner)) for corner in ((0, 0), (1, 0))}


@pytest.mark.parametrize("corner", [(0, 0), (1, 0)])
def test_a_network_that_sees_one_corner_has_its_map_there(corners: Any, corner: Any) -> None:
    assert corners[corner]["shares"][corner[0]][corner[1]] > 0.99
    assert corners[corner]["largest"] == [1.0] * 4


def test_the_map_is_the_deepest_with_cells_enough(corners: Any) -> None:
    found = corners[0, 0]
    assert (found["shape"], found["dtype"]) == ([4, 12, 12], "float16")
    assert found["layer"] in ("late", "0.5")


def test_the_network_answers_afterwards_as_before(corners: Any) -> None:
    assert all(found["untouched"] for found in corners.values())


def test_vgg16_at_48_pixels_has_a_map_of_six_cells_at_least() -> None:
    found = call("tests.engines.attention_networks:keras_vgg16")
    assert found["shape"] == [2, 6, 6]
    assert found["layer"] == "block4_conv3"


def test_a_network_without_convolutions_has_no_map() -> None:
    answer = call("tests.engines.attention_networks:torch_without_maps")
    assert answer == "it has no convolutional feature map"


def test_a_network_of_small_maps_gives_the_last_of_its_largest() -> None:
    places = [FeatureMap(0, "a", 4), FeatureMap(1, "b", 4), FeatureMap(2, "c", 2)]
    assert deepest(places).layer == "b"
    assert (
        deepest([FeatureMap(0, "a", 12), FeatureMap(1, "b", 6), FeatureMap(2, "c", 3)]).layer == "b"
    )
    with pytest.raises(NoMap):
        deepest([])


def test_only_what_speaks_for_the_class_is_kept() -> None:
    activations = np.zeros((1, 2, 2, 2), np.float32)
    activations[0, 0, 0, 0] = activations[0, 1, 1, 1] = 3
    gradients = np.zeros_like(activations)
    gradients[..., 0], gradients[..., 1] = 1, -1
    assert grad_cam(activations, gradients).tolist() == [[[1.0, 0.0], [0.0, 0.0]]]
    assert not grad_cam(activations, -np.abs(gradients)).any()


def test_the_surest_right_and_wrong_image_of_each_class_are_chosen() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1])
    sure = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.1, 0.9], [0.3, 0.7]]
    assert chosen(labels, np.array(sure)).tolist() == [0, 2, 4]


def test_without_images_nothing_is_chosen() -> None:
    assert chosen(np.zeros(0, np.int64), np.zeros((0, 3))).tolist() == []
