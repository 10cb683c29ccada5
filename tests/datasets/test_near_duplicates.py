"""Near duplicates: altered copies are found, look-alikes are not, and memory stays linear."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from datasets.audit.alike import Comparison, _Bounds, _Strip
from datasets.audit.chance import ALIKE, LOWEST
from datasets.audit.hashes import SIDE, UNIT, Hashes, hashed
from datasets.audit.near_duplicates import (
    LOWEST_MIRRORED,
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
    monkeypatch.setattr("datasets.audit.near_duplicates.MOST_EACH", 0)
    pictures, _ = with_copies(faces(tmp_path, 0.1), brighter, 40)
    with pytest.raises(TooAlike, match="more than 10 pairs"):
        near_duplicates(pictures)


def test_pictures_of_other_sizes_and_colour_are_compared_too():
    images = np.stack([samples.noise(seed, size=(96, 64), channels=3) for seed in range(30)])
    assert reduced(images).shape == (30, SIDE, SIDE)
    small = np.stack([samples.noise(seed, size=(20, 20)) for seed in range(3)])
    assert reduced(small).shape == (3, SIDE, SIDE)


def by_brute_force(hashes: Hashes, least: float) -> set[tuple[int, int, bool]]:
    """Compare each picture, as it is and mirrored, with each place of those after it."""
    places = hashes.astype(np.int64)
    wanted = set()
    for mirrored, sign in ((False, 1), (True, -1)):
        ours = (places[:, 0] * [[1], [sign]]).reshape(len(places), -1)
        theirs = places.reshape(*places.shape[:2], -1).transpose(1, 2, 0)
        alike = (ours @ theirs).max(axis=0) >= least * UNIT**2
        ends = (each.tolist() for each in np.nonzero(np.triu(alike, 1)))
        wanted |= {(one, other, mirrored) for one, other in zip(*ends, strict=True)}
    return wanted


def compared(hashes: Hashes, least: float) -> set[tuple[int, int, bool]]:
    comparison = Comparison(hashes, least)
    strips = [comparison.of(strip, 10**6) for strip in range(len(comparison.starts))]
    return {
        pair
        for strip in strips
        for pair in zip(
            strip.one.tolist(), strip.other.tolist(), strip.mirrored.tolist(), strict=True
        )
    }


@pytest.mark.parametrize("apart", [0.05, 0.7, 3.0], ids=["hardly", "somewhat", "unrelated"])
def test_bounds_lose_no_pair_however_far_the_places_lie_apart(apart):
    chance = np.random.default_rng(0)
    middle = chance.normal(size=(700, 1, 2, 32))
    middle[650:] = middle[:50] * [[1], [-1]]
    drawn = middle + apart * chance.normal(size=(700, 5, 2, 32))
    length = np.linalg.norm(drawn, axis=(2, 3), keepdims=True)
    hashes = np.trunc(drawn / length * UNIT).astype(np.int16)
    wanted = by_brute_force(hashes, 0.4)
    assert len(wanted) > 100
    assert compared(hashes, 0.4) == wanted


def test_no_altered_copy_that_five_products_find_is_lost(tmp_path):
    pictures = faces(tmp_path, 0.2)
    copies = [with_copies(pictures, alter, 100)[0][len(pictures) :] for alter in ALTERATIONS]
    every = np.concatenate([pictures, *copies])
    hashes = hashed(every, np.arange(len(every)))
    wanted = by_brute_force(hashes, ALIKE)
    assert len(wanted) > 500
    assert compared(hashes, ALIKE) == wanted


def test_a_mirrored_picture_turns_the_sign_of_half_of_its_hash(tmp_path):
    pictures = faces(tmp_path, 0.1)
    both = np.concatenate([pictures, pictures[:, :, ::-1]])
    as_it_is, turned = np.split(hashed(both, np.arange(len(both)))[:, 0].astype(int), 2)
    assert np.abs(as_it_is * [[1], [-1]] - turned).max() <= 1


def test_few_pictures_are_left_to_decide_after_the_bounds(published, monkeypatch):
    hashes = hashed(published, np.arange(len(published)))
    monkeypatch.setattr("datasets.audit.alike.TILE", len(published))
    near, _ = _Strip(hashes[:, 0]).near(_Bounds(hashes, int(ALIKE * UNIT**2)))
    assert len(near) < 0.005 * len(published) ** 2


def test_the_number_of_threads_decides_no_pair(tmp_path, monkeypatch):
    pictures, _ = with_copies(faces(tmp_path, 0.3), everything, 60)
    several = near_duplicates(pictures)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    alone = near_duplicates(pictures)
    for name in ("one", "other", "correlation", "mirrored", "threshold"):
        assert np.array_equal(getattr(several, name), getattr(alone, name))


def frames(chance: np.random.Generator, people: int, sequences: int) -> NDArray[np.uint8]:
    """Three frames of each sequence, hardly different; sequences of one person are more so."""

    def moved(picture: Picture, by: float) -> Picture:
        grid = chance.normal(0, by, (5, 5, 2)).astype(np.float32)
        shift = cv2.resize(grid, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        row, column = np.mgrid[:SIDE, :SIDE].astype(np.float32)
        place = column + shift[..., 0], row + shift[..., 1]
        return cv2.remap(picture, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    found = []
    for _ in range(people):
        drawn = chance.integers(0, 256, (12, 12), dtype=np.uint8)
        face = cv2.resize(drawn, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        for _ in range(sequences):
            shown = moved(face, 0.7)
            found += [moved(shown, 0.15) for _ in range(3)]
    return np.stack(found)


def test_related_pictures_do_not_pass_for_chance():
    pictures = frames(np.random.default_rng(0), people=100, sequences=3)
    pairs = near_duplicates(pictures)
    true = {(3 * s + a, 3 * s + b) for s in range(300) for a, b in ((0, 1), (0, 2), (1, 2))}
    assert pairs.threshold < 0.9
    assert len(found(pairs) & true) >= 0.95 * len(true)
    assert all(one // 9 == other // 9 for one, other in found(pairs))


def test_mirrored_pairs_need_more_than_others(tmp_path):
    pictures, _ = with_copies(faces(tmp_path, 0.1), mirrored, 20)
    pairs = near_duplicates(pictures)
    assert pairs.mirrored_threshold == max(pairs.threshold, LOWEST_MIRRORED)
    assert pairs.correlation[pairs.mirrored].min() >= pairs.mirrored_threshold
