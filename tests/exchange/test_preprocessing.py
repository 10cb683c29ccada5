"""A model from outside is given what its user states, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.exchange.adding.preprocessing import model_inputs
from benchmarks.store.records import InputSpec

GREY = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
COLOUR = np.stack([GREY[..., 0], 255 - GREY[..., 0], GREY[..., 0] // 2], axis=-1)


def reading(**changes) -> InputSpec:
    stated = {"scale": "0..255", "classes": ("a", "b"), "colour": "grey"}
    return InputSpec(**{**stated, "height": 16, "width": 16, **changes})


@pytest.mark.parametrize(
    ("scale", "low", "high"),
    [
        ("0..255", 0, 255),
        ("0..1", 0, 1),
        ("-1..1", -1, 1),
        ("imagenet", -0.449 / 0.226, 0.551 / 0.226),
        ("caffe", -114.799, 140.201),
    ],
)
def test_a_scale_maps_black_and_white_to_its_ends(scale, low: float, high: float) -> None:
    inputs = model_inputs(reading(scale=scale), GREY)
    assert inputs.dtype == np.float32
    assert inputs.min() == pytest.approx(low, abs=1e-3)
    assert inputs.max() == pytest.approx(high, abs=1e-3)


def test_imagenet_standardises_each_channel_by_its_own_mean() -> None:
    white = np.full((1, 16, 16, 3), 255, np.uint8)
    inputs = model_inputs(reading(scale="imagenet", colour="rgb"), white)
    assert inputs[0, 0, 0] == pytest.approx([2.2489, 2.4286, 2.6400], abs=1e-3)


@pytest.mark.parametrize("scale", ["imagenet", "caffe"])
def test_means_follow_their_channels_in_either_order(scale) -> None:
    rgb, bgr = (model_inputs(reading(scale=scale, colour=way), COLOUR) for way in ("rgb", "bgr"))
    assert bgr == pytest.approx(rgb[..., ::-1])


def test_caffe_is_what_kerass_preprocess_input_makes_of_an_rgb_image() -> None:
    """The numbers are those of keras.applications.vgg16.preprocess_input for this pixel."""
    pixel = np.full((1, 16, 16, 3), (200, 100, 50), np.uint8)
    inputs = model_inputs(reading(scale="caffe", colour="bgr"), pixel)
    assert inputs[0, 0, 0] == pytest.approx([-53.939, -16.779, 76.32], abs=1e-4)


def test_grey_images_fill_three_channels_and_colour_ones_become_grey() -> None:
    tripled = model_inputs(reading(colour="rgb"), GREY)
    assert (tripled == GREY).all() and tripled.shape == (1, 16, 16, 3)
    weighted = COLOUR @ np.array([0.299, 0.587, 0.114])
    assert np.abs(model_inputs(reading(), COLOUR)[..., 0] - weighted).max() <= 1


def test_bgr_is_rgb_in_opencvs_order() -> None:
    rgb, bgr = (model_inputs(reading(colour=colour), COLOUR) for colour in ("rgb", "bgr"))
    assert (rgb == COLOUR).all()
    assert (bgr == COLOUR[..., ::-1]).all()


def test_images_are_resized_to_the_models_height_and_width() -> None:
    inputs = model_inputs(reading(height=8, width=32), GREY)
    assert inputs.shape == (1, 8, 32, 1)
    assert inputs.mean() == pytest.approx(127.5, abs=1)
