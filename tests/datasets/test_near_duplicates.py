"""Near duplicates: altered copies are found, look-alikes are not, and memory stays linear."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from datasets.audit.near_duplicates import (
    LOWEST,
    SIDE,
    NearPairs,
    TooAlike,
    near_duplicates,
    reduced,
)
from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.synthetic_faces import synthetic_faces
from tests.datasets import samples

Picture = NDArray[np.uint8]


def recompressed(picture: Picture) -> Picture:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 0)


def mirrored(picture: Picture) -> Picture:
    return picture[:, ::-1]


def shifted(picture: Picture) -> Picture:
    return np.pad(picture, ((2, 0), (0, 2)), mode="edge")[:SIDE, 2:]


def brighter(picture: Picture) -> Picture:
    return np.asarray(255 * (picture / 255) ** 0.7, dtype=np.uint8)


def everything(picture: Picture) -> Picture:
    return recompressed(np.ascontiguousarray(mirrored(shifted(picture))))


ALTERATIONS = (recompressed, mirrored, shifted, brighter, everything)


def faces(tmp_path: Path, scale: float) -> NDArray[np.uint8]:
    data = open_data_set(synthetic_faces, None, {"scale": scale}, cache=tmp_path)
    return reduced(data.images)


def found(pairs: NearPairs) -> set[tuple[int, int]]:
    return set(zip(pairs.one.tolist(), pairs.other.tolist(), strict=True))


def with_copies(
    pictures: NDArray[np.uint8], alter: Callable[[Picture], Picture], count: int
) -> tuple[NDArray[np.uint8], set[tuple[int, int]]]:
    """Append altered copies of ``count`` pictures; return all, and the pairs that are true."""
    chosen = np.random.default_rng(0).choice(len(pictures), count, replace=False)
    copies = np.stack([alter(pictures[index]) for index in chosen])
    pairs = {(int(index), len(pictures) + place) for place, index in enumerate(chosen)}
    return np.concatenate([pictures, copies]), pairs


def test_drawn_faces_which_all_look_alike_hold_no_near_duplicates(tmp_path):
    assert found(near_duplicates(faces(tmp_path, 0.3))) == set()


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_altered_copies_of_drawn_faces_are_found(alter, tmp_path):
    pictures, true = with_copies(faces(tmp_path, 0.2), alter, 100)
    pairs = near_duplicates(pictures)
    assert len(found(pairs) & true) >= 90
    assert len(found(pairs) - true) <= 2
    assert pairs.correlation.min() >= pairs.threshold >= LOWEST


def test_a_pair_says_whether_it_is_mirrored(tmp_path):
    pictures, true = with_copies(faces(tmp_path, 0.1), mirrored, 20)
    pairs = near_duplicates(pictures)
    turned = dict(
        zip(zip(pairs.one.tolist(), pairs.other.tolist(), strict=True), pairs.mirrored, strict=True)
    )
    assert all(turned[pair] for pair in true)


@pytest.fixture(scope="module")
def published(fer2013_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.uint8]:
    """6,000 different pictures of FER2013, among which hardly any are near duplicates."""
    data = open_data_set(fer2013, fer2013_zip, {}, cache=tmp_path_factory.mktemp("cache"))
    _, first = np.unique(data.image_ids, return_index=True)
    pictures = reduced(data.images[first])
    return pictures[pictures.reshape(len(pictures), -1).std(axis=1) >= 5][:6000]


@pytest.fixture(scope="module")
def own(published: NDArray[np.uint8]) -> set[tuple[int, int]]:
    return found(near_duplicates(published))


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_altered_copies_of_real_faces_are_found(alter, published, own):
    pictures, true = with_copies(published, alter, 300)
    pairs = found(near_duplicates(pictures))
    assert len(pairs & true) >= 294
    ours = {pair for pair in pairs if pair[1] < len(published)}
    assert len(ours ^ own) <= 0.1 * len(own)
    through_own = pairs - true - ours
    assert len(through_own) <= 0.2 * len(true)


def test_mirrored_pairs_tell_how_rare_chance_is_on_real_faces(published):
    """Faces are alike from both sides, so chance would give as many mirrored pairs as others."""
    pairs = near_duplicates(published)
    assert len(pairs.one) > 50
    assert pairs.mirrored.mean() < 0.05


def test_memory_grows_with_the_number_of_pictures_not_its_square():
    peaks = []
    chance = np.random.default_rng(0)
    for count in (4096, 8192):
        pictures = chance.integers(0, 256, (count, SIDE, SIDE), dtype=np.uint8)
        tracemalloc.start()
        near_duplicates(pictures)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4096 * 16_000


def test_progress_ends_at_the_number_of_tiles(tmp_path):
    calls: list[tuple[int, int]] = []
    near_duplicates(faces(tmp_path, 0.1), lambda *done: calls.append(done))
    assert calls[-1] == (1, 1)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures_and_pictures_without_detail_are_in_no_pair(count):
    flat = np.full((3, SIDE, SIDE), 90, np.uint8)
    others = np.stack([samples.noise(seed)[..., 0] for seed in range(2)])[:count]
    assert found(near_duplicates(np.concatenate([flat, others]))) == set()


def test_pictures_too_much_alike_are_refused_rather_than_compared_for_hours(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.audit.near_duplicates.MOST", 10)
    pictures, _ = with_copies(faces(tmp_path, 0.1), brighter, 40)
    with pytest.raises(TooAlike, match="more than 10 pairs"):
        near_duplicates(pictures)


def test_pictures_of_other_sizes_and_colour_are_compared_too():
    images = np.stack([samples.noise(seed, size=(96, 64), channels=3) for seed in range(30)])
    assert reduced(images).shape == (30, SIDE, SIDE)
    small = np.stack([samples.noise(seed, size=(20, 20)) for seed in range(3)])
    assert reduced(small).shape == (3, SIDE, SIDE)
