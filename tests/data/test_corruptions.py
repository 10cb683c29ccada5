"""Corruptions: the same for the same seed, stronger with each severity, for images of any size."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.data import corruptions
from benchmarks.data.corruptions import CORRUPTIONS, Corruption, corrupt, edition
from benchmarks.execution.jobs.scoring import drawn

NAMES = [corruption.name for corruption in CORRUPTIONS]
SHAPES = [(48, 48, 1), (48, 48, 3), (8, 8, 1), (8, 8, 3), (60, 33, 3)]


def images(shape: tuple[int, int, int], number: int = 12) -> NDArray[np.uint8]:
    """Return smooth pictures: noise would hide what a shift does."""
    chance = np.random.default_rng(1)
    down, across = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape[:2])
    angles = chance.uniform(0, 2 * np.pi, (number, shape[2]))
    waves = [
        np.stack([np.sin(5 * (np.cos(a) * down + np.sin(a) * across) + a) for a in each], axis=2)
        for each in angles
    ]
    return (128 + 120 * np.array(waves)).astype(np.uint8)


def seeds(number: int = 12) -> list[tuple[int, int]]:
    return [(0, row) for row in range(number)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("corruption", NAMES)
def test_damage_grows_with_strength(corruption: str, shape: tuple[int, int, int]) -> None:
    clean = images(shape)
    damage = []
    for strength in range(1, len(corruptions.corruption(corruption).severities) + 1):
        changed = corrupt(clean, corruption, strength, seeds())
        assert (changed.dtype, changed.shape) == (np.uint8, clean.shape)
        damage.append(np.abs(changed.astype(float) - clean).mean())
    assert damage == sorted(damage)
    assert damage[-1] > 1
    assert damage[0] > 0 or (corruption == "blur" and min(shape[:2]) < 48)


@pytest.mark.parametrize("corruption", NAMES)
def test_an_image_is_changed_alike_whatever_stands_beside_it(corruption: str) -> None:
    clean = images((48, 48, 1))
    whole = corrupt(clean, corruption, 1, seeds())
    assert np.array_equal(corrupt(clean[5:7], corruption, 1, seeds()[5:7]), whole[5:7])


@pytest.mark.parametrize("corruption", ["noise", "shift", "rotation", "occlusion"])
def test_another_seed_changes_otherwise(corruption: str) -> None:
    clean = images((48, 48, 1))
    others = [(1, row) for row in range(len(clean))]
    ours, theirs = (corrupt(clean, corruption, 4, each) for each in (seeds(), others))
    assert not np.array_equal(ours, theirs)


def test_the_clean_images_stay_as_they_are() -> None:
    clean = images((48, 48, 1))
    kept = clean.copy()
    for corruption in NAMES:
        corrupt(clean, corruption, 1, seeds())
    assert np.array_equal(clean, kept)


@pytest.mark.parametrize(("corruption", "severity"), [("blur", 0), ("blur", 6), ("snow", 1)])
def test_there_is_no_such_severity_or_corruption(corruption: str, severity: int) -> None:
    with pytest.raises(ValueError, match=r"no (severity|corruption 'snow')"):
        corrupt(images((8, 8, 1)), corruption, severity, seeds())


def test_no_images_stay_none() -> None:
    assert corrupt(images((8, 8, 1))[:0], "noise", 1, []).shape == (0, 8, 8, 1)


def test_a_part_is_drawn_by_class_and_by_seed() -> None:
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    part = drawn(labels, 20, 0)
    assert np.bincount(labels[part]).tolist() == [10, 6, 4]
    assert part.tolist() == sorted(set(part.tolist())) == drawn(labels, 20, 0).tolist()
    assert part.tolist() != drawn(labels, 20, 1).tolist()


@pytest.mark.parametrize("wanted", [None, 100, 5000])
def test_all_are_taken_where_all_or_more_are_wanted(wanted: int | None) -> None:
    assert drawn(np.zeros(100, np.int64), wanted, 0).tolist() == list(range(100))


INVERSION = Corruption(
    name="of this test",
    title="Inversion",
    severities=(0.5, 1),
    apply=lambda image, severity, rng: np.rint(
        image + severity * (255.0 - 2 * image.astype(float))
    ).astype(np.uint8),
    legend="how much of the way to the negative",
    seed=6,
)


def test_a_corruption_is_added_by_one_row_and_changes_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clean = images((48, 48, 1))
    before, known = [corrupt(clean, name, 2, seeds()) for name in NAMES], edition()
    monkeypatch.setattr(corruptions, "CORRUPTIONS", (*CORRUPTIONS, INVERSION))
    assert np.array_equal(corrupt(clean, "of this test", 2, seeds()), 255 - clean)
    with pytest.raises(ValueError, match="no severity 3; there are: 1 to 2"):
        corrupt(clean, "of this test", 3, seeds())
    after = [corrupt(clean, name, 2, seeds()) for name in NAMES]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert edition() != known


def test_severities_are_shown_in_their_unit() -> None:
    assert corruptions.corruption("rotation").shown(1) == "6°"
    assert corruptions.corruption("blur").shown(4) == "4.5\N{NO-BREAK SPACE}%"
