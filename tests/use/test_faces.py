"""Faces: found where they are, cut out as a data set holds them, whole where they are cut out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.use.faces import SMALL, Box, FaceFinder, faces_in
from datasets.reading.images import fit
from tests.use.portraits import FACE, portrait

GREY, COLOUR = (48, 48, 1), (48, 48, 3)


def grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], np.uint8)


def surrounds_the_face(box: Box, scale: float = 1.0) -> bool:
    middle = ((box.x + box.side / 2) / scale, (box.y + box.side / 2) / scale)
    near = np.hypot(middle[0] - FACE[0], middle[1] - FACE[1]) < 12
    return bool(near) and 80 < box.side / scale < 125


@pytest.mark.parametrize("scale", [0.6, 1, 5])
def test_the_face_of_a_photograph_is_found_at_any_size(scale: float) -> None:
    picture = np.asarray(cv2.resize(portrait(), None, fx=scale, fy=scale), np.uint8)
    found = FaceFinder().find(picture)
    assert len(found) == 1
    assert surrounds_the_face(found[0], scale)


def test_a_model_is_shown_the_cut_scaled_as_its_data_set_was() -> None:
    picture = portrait()
    (face,) = faces_in(picture, COLOUR, FaceFinder())
    assert face.box is not None
    cut = picture[face.box.y :, face.box.x :][: face.box.side, : face.box.side]
    assert np.array_equal(face.pixels, fit(cut, 48, 48))


def test_grey_pictures_have_the_same_faces() -> None:
    (face,) = faces_in(grey(portrait()), GREY, FaceFinder())
    assert face.pixels.shape == GREY
    assert face.box == FaceFinder().find(portrait())[0]


def test_every_face_is_found_the_largest_first() -> None:
    small = cv2.resize(portrait(), (256, 256))
    two = np.zeros((512, 800, 3), np.uint8)
    two[:256, :256], two[:, 288:] = small, portrait()
    sides = [box.side for box in FaceFinder().find(two)]
    assert len(sides) == 2
    assert sides[0] > 1.5 * sides[1]


def test_a_face_at_the_edge_is_cut_inside_the_picture() -> None:
    left, top = FACE[0] - 46, FACE[1] - 50
    tight = np.ascontiguousarray(portrait()[top : top + 104, left : left + 200])
    boxes = FaceFinder().find(tight)
    assert boxes
    for box in boxes:
        assert 0 <= box.x <= 200 - box.side
        assert 0 <= box.y <= 104 - box.side


def test_a_picture_without_a_face_has_none() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    assert faces_in(noise, COLOUR, FaceFinder()) == []


@pytest.mark.parametrize("size", [(48, 48), (SMALL, SMALL), (1, 1)])
def test_small_squares_are_taken_whole(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 1), np.uint8)
    (face,) = faces_in(picture, GREY, FaceFinder())
    assert face.box is None
    assert np.array_equal(face.pixels, fit(picture, 48, 48))


def test_pictures_of_the_data_sets_own_size_are_taken_whole() -> None:
    shape = (512, 512, 3)
    (face,) = faces_in(portrait(), shape, FaceFinder())
    assert face.box is None
    assert np.array_equal(face.pixels, portrait())


def test_without_a_finder_every_picture_is_taken_whole() -> None:
    (face,) = faces_in(portrait(), COLOUR, None)
    assert face.box is None
    assert np.array_equal(face.pixels, fit(portrait(), 48, 48))


@pytest.mark.parametrize("size", [(1, 5000), (5000, 2), (20, 30)])
def test_odd_sizes_do_no_harm(size: tuple[int, int]) -> None:
    assert faces_in(np.zeros((*size, 1), np.uint8), GREY, FaceFinder()) == []
