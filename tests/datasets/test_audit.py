"""The audit: exact on FER2013, and no silent alteration of a copy passes it."""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from datasets.audit.audit import AUDIT, Audit, audit, to_json
from datasets.audit.measures import measure
from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.image_folder import image_folder
from datasets.reading.fer2013_official import Comparison
from datasets.records import DataError, DataSet
from datasets.registry import Sample
from datasets.splits import make_split
from datasets.synthetic_faces import synthetic_faces
from tests.datasets import samples

Picture = NDArray[np.uint8]


def blurred(image: Picture) -> Picture:
    return cv2.GaussianBlur(image, (3, 3), 0)


def sharpened(image: Picture) -> Picture:
    return cv2.addWeighted(image, 2, blurred(image), -1, 0)


def cropped(image: Picture) -> Picture:
    return cv2.resize(image[4:44, 4:44], (48, 48), interpolation=cv2.INTER_CUBIC)


def brightened(image: Picture) -> Picture:
    return np.asarray(255 * (image / 255) ** 0.7, dtype=np.uint8)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn faces as numbered files in train, val and test."""
    cache = tmp_path_factory.mktemp("cache")
    data = open_data_set(synthetic_faces, None, {"scale": 0.3}, cache=cache)
    root = tmp_path_factory.mktemp("faces")
    for index, image in enumerate(data.images):
        split = {"validation": "val"}.get(str(data.split[index]), str(data.split[index]))
        name = data.class_names[data.labels[index]]
        samples.write_image(root / split / name / f"{index}.png", np.asarray(image))
    return root


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


@pytest.fixture
def audited(tmp_path: Path) -> Callable[[Path], Audit]:
    def audited(path: Path) -> Audit:
        data = open_data_set(image_folder, path, {}, cache=tmp_path / "cache")
        return audit(data, make_split(data, seed=0), cache=tmp_path / "cache")

    return audited


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.png"))


def change(folder: Path, alter: Callable[[Picture], Picture]) -> None:
    for file in files(folder):
        samples.write_image(file, alter(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE))[..., None])


def test_an_unaltered_copy_has_nothing_wrong(copy, audited):
    found = audited(copy)
    assert found.warnings == ()
    assert found.near_duplicates.pairs == ()
    assert found.duplicates.groups == ()
    assert found.blank == ()
    assert found.unreadable == ()
    assert found.near_duplicates.searched == sum(sum(c.values()) for c in found.counts.values())


@pytest.mark.parametrize(
    ("alter", "word"),
    [
        (blurred, "softer"),
        (sharpened, "sharper"),
        (cropped, "softer"),
        (brightened, "brighter"),
    ],
)
def test_a_split_that_was_filtered_or_cropped_is_named(alter, word, copy, audited):
    change(copy / "train", alter)
    warnings = audited(copy).warnings
    for other in ("validation", "test"):
        assert any(
            w.startswith("train images") and f"{word} than {other}" in w for w in warnings
        ), warnings
    alterations = [w for w in warnings if "on average" in w]
    assert not any("validation" in w and "test" in w for w in alterations)


def test_copies_in_a_blurred_split_are_found_at_the_sharpness_of_both(copy, audited):
    train = files(copy / "train" / "happy")[:12]
    for file in train:
        shutil.copy(file, copy / "test" / "happy" / f"n{file.name}")
    change(copy / "train", lambda image: cv2.GaussianBlur(image, (0, 0), 2))
    found = audited(copy)
    assert found.duplicates.test_images["train"] == 0
    assert found.levelled.softest == "train"
    assert found.levelled.near_duplicates.test_images["train"] >= 10
    (warning,) = (w for w in found.warnings if "cannot be seen as identical" in w)
    assert "near duplicates in two splits: 0 train/validation, 1" in warning


def test_where_a_split_is_softer_a_zero_says_that_it_proves_nothing(copy, audited):
    change(copy / "train", lambda image: cv2.GaussianBlur(image, (0, 0), 2))
    warnings = audited(copy).warnings
    assert any("none was found, which does not rule them out" in w for w in warnings)


def test_splits_of_one_sharpness_are_compared_once(copy, audited):
    assert audited(copy).levelled is None


def test_a_class_oversampled_by_copying_is_named_and_its_copies_counted(copy, audited):
    own = files(copy / "test" / "disgust")
    for turn in range(8):
        for file in own:
            shutil.copy(file, file.with_name(f"again-{turn}-{file.name}"))
    found = audited(copy)
    assert found.duplicates.redundant == {"train": 0, "validation": 0, "test": 8 * len(own)}
    assert any("class disgust" in w and "are copies" in w for w in found.warnings)
    assert any("class disgust" in w and "of the test images" in w for w in found.warnings)


def test_a_class_oversampled_by_augmentation_is_named_and_its_pairs_are_listed(copy, audited):
    for file in files(copy / "train" / "fear"):
        image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        samples.write_image(file.with_name(f"flipped-{file.name}"), image[:, ::-1, None])
        samples.write_image(file.with_name(f"brighter-{file.name}"), brightened(image)[..., None])
    found = audited(copy)
    assert any("class fear" in w for w in found.warnings)
    assert len(found.near_duplicates.pairs) >= len(files(copy / "train" / "fear")) / 2


def test_a_class_oversampled_by_warped_copies_is_named_by_their_names_in_test_too(copy, audited):
    for file in files(copy / "test" / "fear"):
        for turn in range(8):
            samples.write_image(
                file.with_name(f"{file.stem}.jpg{turn}.png"),
                samples.noise(10 * turn + len(file.stem)),
            )
    warnings = audited(copy).warnings
    assert any("class fear" in w and "test images are named as copies" in w for w in warnings)


def test_a_class_of_near_duplicates_is_named_where_names_tell_nothing(copy, audited):
    for number, file in enumerate(files(copy / "train" / "fear")):
        image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        samples.write_image(file.with_name(f"{9000 + number}.png"), brightened(image)[..., None])
    warnings = audited(copy).warnings
    assert any("class fear" in w and "train images are nearly identical" in w for w in warnings)


def test_numbered_classes_that_were_split_again_have_no_gap(original, tmp_path, audited):
    chance = np.random.default_rng(0)
    for label in (folder.name for folder in (original / "train").iterdir()):
        for number, file in enumerate(sorted(original.glob(f"*/{label}/*.png"))):
            split = chance.choice(["train", "val", "test"], p=[0.7, 0.15, 0.15])
            place = tmp_path / "again" / split / label / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    assert not any("gaps" in warning for warning in audited(tmp_path / "again").warnings)


def test_a_copy_that_has_lost_a_quarter_of_its_images_is_noticed(copy, audited):
    lost = np.random.default_rng(0).choice(np.array(files(copy)), 262, replace=False)
    for file in lost:
        file.unlink()
    (warning,) = audited(copy).warnings
    assert "gaps: 262 images are missing" in warning or "gaps: 261 images are missing" in warning


def test_a_copy_that_ends_too_early_is_noticed(copy, audited):
    for file in files(copy)[-150:]:
        file.unlink()
    warnings = audited(copy).warnings
    assert any("class surprise" in w for w in warnings) or any("missing" in w for w in warnings)


def test_a_truncated_archive_is_refused(copy, tmp_path):
    archive = tmp_path / "faces.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in files(copy):
            packed.write(file, file.relative_to(copy))
    archive.write_bytes(archive.read_bytes()[:-30_000])
    with pytest.raises(DataError):
        open_data_set(image_folder, archive, {}, cache=tmp_path / "cache")


def test_every_unreadable_image_is_listed_and_the_others_are_audited(copy, audited):
    broken = files(copy)[5::97]
    for number, file in enumerate(broken):
        file.write_bytes(file.read_bytes()[: 100 * (number % 2)])
    found = audited(copy)
    assert len(broken) > 5
    assert found.warnings == (f"{len(broken)} images cannot be read and were left out",)
    assert sorted(found.unreadable) == [file.relative_to(copy).as_posix() for file in broken]


def test_blank_images_are_listed_with_row_and_path(copy, audited):
    samples.write_image(files(copy / "train")[3], np.full((48, 48, 1), 200, np.uint8))
    (blank,) = audited(copy).blank
    assert (blank.row, blank.split, blank.label) == (3, "train", "angry")
    assert "blank or nearly blank images: 1 in train" in audited(copy).warnings
    assert blank.path == files(copy / "train")[3].relative_to(copy).as_posix()


def test_duplicates_are_told_by_split_and_label(copy, audited):
    train, test = files(copy / "train" / "happy"), copy / "test"
    shutil.copy(train[0], test / "happy" / "a.png")
    shutil.copy(train[0], test / "sad" / "b.png")
    shutil.copy(train[1], copy / "val" / "happy" / "c.png")
    whole = audited(copy)
    tests = len(files(copy / "test"))
    for warning in (
        f"test images with an identical copy: 2 of {tests} in train",
        "identical pictures in two splits: 1 train/validation",
        "redundant copies: 1 in test",
        "3 identical images in 1 group have contradicting labels",
    ):
        assert warning in whole.warnings
    found = whole.duplicates
    assert {(s.one, s.other): s.pictures for s in found.shared} == {
        ("train", "validation"): 1,
        ("train", "test"): 1,
        ("validation", "test"): 0,
    }
    assert found.redundant == {"train": 0, "validation": 0, "test": 1}
    assert found.test_images == {"train": 2, "validation": 0}
    assert (found.contradicting_groups, found.contradicting_images) == (1, 3)
    assert sorted(len(group) for group in found.groups) == [2, 3]
    (group,) = (group for group in found.groups if len(group) == 3)
    assert [(p.split, p.label) for p in group] == [
        ("train", "happy"),
        ("test", "happy"),
        ("test", "sad"),
    ]


def test_near_duplicates_across_splits_are_listed_and_counted(copy, audited):
    train = files(copy / "train" / "happy")[:12]
    for file in train:
        image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        samples.write_image(copy / "test" / "happy" / f"n{file.name}", image[:, ::-1, None])
    found = audited(copy).near_duplicates
    assert len(found.pairs) == found.test_images["train"] == 12
    assert {pair.one.path for pair in found.pairs} == {
        file.relative_to(copy).as_posix() for file in train
    }
    assert all(pair.mirrored and pair.other.split == "test" for pair in found.pairs)
    assert {(s.one, s.other): s.pictures for s in found.shared}["train", "test"] == 12


def test_subjects_on_both_sides_are_counted(tmp_path, audited):
    for person in range(6):
        for frame in range(8):
            split = "test" if frame > 5 and person < 2 else "train"
            label = ("happy", "sad")[frame % 2]
            name = f"S{person:03}_001_{frame:08}.png"
            image = samples.noise(10 * person + frame)
            samples.write_image(tmp_path / "ck" / split / label / name, image)
    found = audited(tmp_path / "ck")
    assert found.subjects.naming == "CK+"
    assert (found.subjects.subjects, found.subjects.test_images) == (6, 4)
    assert any("4 test images show a subject of training" in w for w in found.warnings)


def test_an_audit_comes_back_from_its_json(copy, audited):
    shutil.copy(files(copy / "train")[0], copy / "test" / "happy" / "größe ☺.png")
    found = audited(copy)
    assert AUDIT.validate_python(to_json(found)) == found


def test_the_second_audit_examines_no_picture(copy, tmp_path):
    data = open_data_set(image_folder, copy, {}, cache=tmp_path / "cache")
    calls: list[tuple[int, int]] = []

    def once() -> Audit:
        split = make_split(data, seed=0)
        return audit(data, split, cache=tmp_path, progress=lambda *done: calls.append(done))

    first = once()
    assert calls
    calls.clear()
    assert once() == first
    assert not calls


def test_a_damaged_examination_is_made_again(copy, tmp_path):
    data = open_data_set(image_folder, copy, {}, cache=tmp_path / "cache")
    first = audit(data, make_split(data, seed=0), cache=tmp_path)
    (file,) = tmp_path.glob("audits/*/pictures.npz")
    file.write_bytes(file.read_bytes()[:-9])
    assert audit(data, make_split(data, seed=0), cache=tmp_path) == first


def test_a_data_set_too_much_alike_says_that_it_was_not_searched(copy, tmp_path, monkeypatch):
    change(copy / "test", lambda image: cv2.imread(str(files(copy)[0]), 0) // 2 + image // 40)
    monkeypatch.setattr("datasets.audit.near_duplicates.MOST", 10)
    monkeypatch.setattr("datasets.audit.near_duplicates.MOST_EACH", 0)
    data = open_data_set(image_folder, copy, {}, cache=tmp_path / "cache")
    found = audit(data, make_split(data, seed=0), cache=tmp_path).near_duplicates
    assert "more than 10 pairs look alike" in found.not_searched
    assert (found.searched, found.pairs) == (0, ())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def published(fer2013_zip: Path, cache: Path) -> DataSet:
    return open_data_set(fer2013, fer2013_zip, {}, cache=cache)


def shared(found: Audit) -> dict[tuple[str, str], int]:
    return {(s.one, s.other): s.pictures for s in found.duplicates.shared}


def test_the_audit_of_fer2013_finds_exactly_what_is_known(published, cache):
    found = audit(published, make_split(published, seed=0), cache=cache)
    same = found.duplicates
    assert same.pictures == 34_034
    assert same.redundant == {"train": 1_236, "validation": 26, "test": 17}
    assert shared(found) == {
        ("train", "test"): 278,
        ("train", "validation"): 270,
        ("validation", "test"): 43,
    }
    assert same.test_images == {"train": 288, "validation": 44}
    assert (same.contradicting_groups, same.contradicting_images) == (57, 160)
    assert sum(len({p.label for p in group}) > 1 for group in same.groups) == 57
    assert len(found.blank) == 14
    assert found.unreadable == found.provenance.notes == ()
    assert found.warnings[0] == (
        "test images with an identical copy: 288 of 3,589 in train, 44 of 3,589 in validation"
    )
    assert "identical pictures in two splits: 270 train/validation" in found.warnings
    assert "160 identical images in 57 groups have contradicting labels" in found.warnings
    assert any(w.startswith("redundant copies: 1,236 in train, 26 in") for w in found.warnings)
    assert any(w.startswith("blank or nearly blank images: ") for w in found.warnings)
    assert found.near_duplicates.searched == 34_031
    assert 4_500 < len(found.near_duplicates.pairs) < 5_500

    started = time.monotonic()
    measure(published.images)
    assert audit(published, make_split(published, seed=0), cache=cache) == found
    assert time.monotonic() - started < 60

    split = make_split(published, seed=0, duplicates="drop-train-duplicates")
    cleaned = audit(published, split, cache=cache)
    assert cleaned.duplicates.test_images == {"train": 0, "validation": 0}
    assert cleaned.dropped == dict(split.dropped)
    assert cleaned.counts["test"] == found.counts["test"]


def compared(data: DataSet, rows: NDArray[np.int64], alter: Callable[[Picture], Picture]):
    comparison = Comparison()
    for row in rows:
        image = alter(np.asarray(data.images[row, ..., 0])).reshape(48, 48, 1)
        comparison.add(Sample(image, int(data.labels[row]), "", str(data.split[row])))
    return comparison


@pytest.mark.parametrize(
    ("alter", "word"),
    [(blurred, "softer"), (sharpened, "sharper"), (cropped, "softer"), (brightened, "brighter")],
)
def test_a_copy_of_fer2013_that_was_filtered_or_cropped_as_a_whole_is_told(alter, word, published):
    rows = np.arange(len(published.labels))[::6]
    mixed = replace(published, split=np.full_like(published.split, "train"))
    (note,) = compared(mixed, rows, alter).of_the_whole()
    assert note.startswith("all: images are on average")
    assert word in note
    assert compared(mixed, rows, lambda image: image).of_the_whole() == []
    notes = compared(published, np.flatnonzero(published.split == "test"), alter)
    assert any(n.startswith("test:") and word in n for n in notes.official_or_altered().notes)


def test_a_rebalanced_or_truncated_copy_of_fer2013_is_told_by_its_counts(published):
    rows = np.flatnonzero(published.split == "test")
    disgust = rows[published.labels[rows] == 1]
    oversampled = compared(published, np.concatenate([rows, *[disgust] * 8]), lambda image: image)
    notes = oversampled.official_or_altered().notes
    (note,) = (note for note in notes if note.startswith("test has"))
    assert note == "test has 4,029 images, the official split has 3,589 (disgust 495 of 55)"
    truncated = compared(published, rows[: len(rows) * 3 // 4], lambda image: image)
    notes = truncated.official_or_altered().notes
    (note,) = (note for note in notes if note.startswith("test has"))
    assert note.startswith("test has 2,691 images, the official split has 3,589 (")
    assert "surprise 0 of 416" in note
