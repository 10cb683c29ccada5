"""Views: shifts are the usual crops, averages are means, and memory is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.data import views
from benchmarks.data.views import CORNERS, averaged, mirrored, shifted
from benchmarks.protocol.views import averages

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1), np.uint8)
CROPS = {(-1, -1): (0, 0), (-1, 1): (0, 4), (1, -1): (4, 0), (1, 1): (4, 4), (0, 0): (2, 2)}


def centre(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what a network sees that crops its centre 44 of 48."""
    return images[:, 2:46, 2:46]


def answer(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Answer by a corner of the centre, so that every view has its own answer."""
    share = centre(images)[:, 0, 0].astype(np.float64) / 255
    return np.hstack([share, 1 - share])


@pytest.mark.parametrize("step", sorted(CROPS))
def test_a_shift_is_the_usual_crop_for_a_network_that_crops_its_centre(
    step: tuple[int, int],
) -> None:
    top, left = CROPS[step]
    crop = IMAGES[:, top : top + 44, left : left + 44]
    assert np.array_equal(centre(shifted(IMAGES, *step)), crop)
    assert np.array_equal(mirrored(crop), crop[:, :, ::-1])


def test_what_a_shift_sees_beyond_the_border_is_the_image_reflected() -> None:
    moved = shifted(IMAGES, -1, 0)
    assert np.array_equal(moved[:, 2:], IMAGES[:, :-2])
    assert np.array_equal(moved[:, :2], IMAGES[:, 2:0:-1])


@pytest.mark.parametrize(("side", "step"), [(8, 1), (48, 2), (64, 3), (96, 4), (224, 9)])
def test_a_step_grows_with_the_image(side: int, step: int) -> None:
    images = np.arange(side * side, dtype=np.int64).reshape(1, side, side, 1)
    assert (shifted(images, 1, 0)[0, 0, 0, 0] == step * side).all()


def test_an_average_is_the_mean_of_the_answers_to_its_views() -> None:
    changed = [shifted(IMAGES, *step) for step in ((0, 0), *CORNERS)]
    every = [answer(each) for image in changed for each in (image, mirrored(image))]
    found = averaged(answer, IMAGES, answer(IMAGES), averages("ten-crop"))
    assert np.allclose(found["flip"], np.mean(every[:2], axis=0), atol=1e-15)
    assert np.allclose(found["ten-crop"], np.mean(every, axis=0), atol=1e-15)


@pytest.mark.parametrize(("asked", "further"), [("one", 0), ("flip", 1), ("ten-crop", 9)])
def test_each_view_is_asked_once(asked: views.View, further: int) -> None:
    seen: list[NDArray[np.uint8]] = []

    def predict(images: NDArray[np.uint8]) -> NDArray[np.float64]:
        seen.append(images)
        return answer(images)

    averaged(predict, IMAGES, answer(IMAGES), averages(asked))
    assert len(seen) == further == len({images.tobytes() for images in seen})
    assert all(images.flags.c_contiguous and images.dtype == np.uint8 for images in seen)


def test_of_a_model_that_sees_no_side_flip_is_the_single_answer() -> None:
    def predict(images: NDArray[np.uint8]) -> NDArray[np.float64]:
        share = images.sum(axis=(1, 2), dtype=np.int64) / (255 * 48 * 48)
        return np.hstack([share, 1 - share])

    found = averaged(predict, IMAGES, predict(IMAGES), ("flip",))
    assert np.array_equal(found["flip"], predict(IMAGES))


def test_no_more_images_than_a_batch_are_changed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = averaged(answer, IMAGES, answer(IMAGES), averages("ten-crop"))
    sizes: list[int] = []

    def predict(images: NDArray[np.uint8]) -> NDArray[np.float64]:
        sizes.append(len(images))
        return answer(images)

    monkeypatch.setattr(views, "BATCH", 2)
    parts = averaged(predict, IMAGES, answer(IMAGES), averages("ten-crop"))
    assert sizes == [2] * 18 + [1] * 9
    assert all(np.array_equal(whole[view], parts[view]) for view in whole)


def test_without_images_there_are_no_answers() -> None:
    found = averaged(answer, IMAGES[:0], answer(IMAGES[:0]), ("flip",))
    assert found["flip"].shape == (0, 2)
