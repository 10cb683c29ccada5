"""Drawn faces are repeatable, balanced, and hard for a linear model only."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from datasets.drawing.expressions import CLASS_NAMES, PROTOTYPES, drawn_intensities, geometry
from datasets.records import DataError
from datasets.synthetic_faces import synthetic_faces


def drawn(**options: object):
    reading = synthetic_faces.read(None, {**synthetic_faces.options, "scale": 0.05, **options})
    return list(reading.samples())


def test_the_same_seed_draws_the_same_faces_and_another_seed_others():
    one, same, other = drawn(), drawn(), drawn(seed=1)
    assert all((a.image == b.image).all() for a, b in zip(one, same, strict=True))
    assert not any((a.image == b.image).all() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("domain", "sizes"),
    [
        ("target", {"train": 70, "validation": 35, "test": 70}),
        ("source", {"train": 560, "validation": 35, "test": 35}),
    ],
)
def test_each_domain_has_its_own_split(domain, sizes):
    assert Counter(sample.split for sample in drawn(domain=domain)) == sizes


def test_the_domains_look_different():
    brightness = {d: np.mean([s.image for s in drawn(domain=d)]) for d in ("source", "target")}
    assert brightness["source"] > brightness["target"] + 50


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"domain": "mars"}, "'mars'; expected source or target"),
        ({"scale": 0.001}, r"scale 0\.001 leaves a split without every class"),
        ({"scale": -1.0}, r"scale -1\.0 leaves"),
        ({"scale": 1e9}, "expected 100 at most"),
        ({"seed": -1}, r"seed is -1; expected 0 to below 2\^31"),
        ({"copies": 1.0}, "expected 0 to below 1"),
    ],
)
def test_an_option_out_of_its_bounds_is_refused(option, message):
    with pytest.raises(DataError, match=message):
        drawn(**option)


def moved(expression: str) -> dict[str, float]:
    return geometry(dict.fromkeys(PROTOTYPES[expression], 1.0))


def test_action_units_move_the_face_as_facs_says():
    assert moved("happy")["mouth_corner"] > 0 > moved("sad")["mouth_corner"]
    assert moved("surprise")["mouth_open"] > 0.2
    assert moved("surprise")["outer_brow"] > 0 > moved("angry")["outer_brow"]
    assert moved("disgust")["nose_wrinkle"] == 1
    assert not any(moved("neutral").values())


def test_every_expression_has_a_prototype():
    assert set(PROTOTYPES) == set(CLASS_NAMES)


def test_classes_can_be_unequal():
    counts = Counter(sample.label for sample in drawn(balanced=False, scale=0.2))
    assert set(counts) == set(range(len(CLASS_NAMES)))
    assert counts[CLASS_NAMES.index("happy")] > 4 * counts[CLASS_NAMES.index("disgust")]


def test_copies_repeat_pixels_and_label_of_earlier_faces_across_splits():
    plain, copied = drawn(scale=0.2), drawn(scale=0.2, copies=0.3)
    assert [sample.path for sample in copied] == [sample.path for sample in plain]
    first: dict[bytes, object] = {}
    for sample in copied:
        same = first.setdefault(sample.image.tobytes(), sample)
        assert same.label == sample.label
    assert 0.2 < 1 - len(first) / len(copied) < 0.4
    train = {s.image.tobytes() for s in copied if s.split == "train"}
    assert any(s.image.tobytes() in train for s in copied if s.split == "test")


def test_posed_expressions_are_strong_and_whole():
    for label, name in enumerate(CLASS_NAMES):
        for seed in range(50):
            drawn_units = drawn_intensities(label, np.random.default_rng(seed), posed=True)
            assert all(drawn_units[unit] > 0.9 * 0.6 for unit in PROTOTYPES[name])


def test_posed_faces_are_other_pictures():
    pairs = zip(drawn(), drawn(posed=True), strict=True)
    assert sum((a.image != b.image).any() for a, b in pairs) > 0.5 * len(drawn())


def test_copies_must_be_a_share():
    with pytest.raises(DataError, match=r"copies is 1\.0"):
        synthetic_faces.read(None, {**synthetic_faces.options, "copies": 1.0})


def test_what_was_drawn_otherwise_is_noted():
    reading = synthetic_faces.read(
        None, {**synthetic_faces.options, "balanced": False, "copies": 0.1}
    )
    notes = reading.provenance().notes
    assert any("unequal" in note for note in notes)
    assert any("10% of the images repeat" in note for note in notes)
