"""FER2013 is recognised in every layout, and a copy is told from the published one."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.reading.fer2013_csv import pixels_of
from datasets.reading.fer2013_official import COUNTS, Comparison
from datasets.records import DataError, DataSet
from datasets.registry import Sample
from tests.datasets import samples


@pytest.fixture
def load(tmp_path: Path):
    def load(path: Path) -> DataSet:
        return open_data_set(fer2013, path, {}, cache=tmp_path / "cache")

    return load


def layout(name: str, folder: Path) -> Path:
    spaced = ("emotion", " pixels", " Usage")
    if name.startswith("folder"):
        written = samples.write_fer2013_folder(folder / "fer2013")
    elif name.startswith("icml"):
        written = samples.write_fer2013_csv(folder / "fer2013" / "icml_face_data.csv", spaced)
    else:
        written = samples.write_fer2013_csv(folder / "fer2013" / "fer2013.csv")
    if name.endswith("zip"):
        return samples.zipped(folder / "fer2013")
    return samples.tarred(folder / "fer2013") if name.endswith("tar.gz") else written


LAYOUTS = ("folder", "folder zip", "folder tar.gz", "csv", "icml csv", "csv zip", "csv tar.gz")


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_official_layout_gives_the_same_pixels_labels_and_split(name, tmp_path, load):
    data = load(layout(name, tmp_path))
    found = set(zip(data.split, data.labels, data.image_ids, strict=True))
    usages = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
    assert found == {
        (usages[usage], samples.EMOTIONS.index(emotion), samples.image_id(image))
        for (usage, emotion, _), image in samples.fer2013_images().items()
    }


def test_a_copy_with_other_counts_is_altered_and_says_where(tmp_path, load):
    data = load(samples.write_fer2013_folder(tmp_path / "fer2013"))
    assert data.provenance.status == "altered"
    told = data.provenance.notes[0]
    assert told.startswith("train has 14 images, the official split has 28,709 (angry 2 of 3,995")


def test_jpeg_copies_are_read(tmp_path, load):
    data = load(samples.write_fer2013_folder(tmp_path / "fer2013", ".jpg"))
    assert Counter(data.split.tolist()) == {"train": 14, "validation": 14, "test": 14}


def test_names_without_prefixes_make_the_data_set_unofficial(tmp_path, load):
    data = load(samples.write_fer2013_folder(tmp_path / "fer2013", prefixes=False))
    assert data.provenance.status == "unofficial"
    assert "official split cannot be recovered" in data.provenance.notes[0]
    assert Counter(data.split.tolist()) == {"train": 14, "test": 28}


def test_images_nested_twice_are_read_once_and_unofficial(tmp_path, load):
    for outer in ("images", "images/images"):
        for split in ("train", "validation"):
            for seed, emotion in enumerate(samples.EMOTIONS):
                file = tmp_path / "copy" / outer / split / emotion / f"{seed}.jpg"
                samples.write_image(file, samples.noise(seed))
    data = load(tmp_path / "copy")
    assert data.provenance.status == "unofficial"
    assert Counter(data.split.tolist()) == {"train": 7, "validation": 7}


def test_an_unreadable_image_is_left_out_and_named(tmp_path, load):
    folder = samples.write_fer2013_folder(tmp_path / "fer2013")
    (folder / "train/happy/Training_0.png").write_bytes(b"not an image")
    data = load(folder)
    assert len(data.labels) == 41
    assert data.unreadable == ("train/happy/Training_0.png",)


def test_a_folder_of_another_class_is_refused(tmp_path, load):
    folder = samples.write_fer2013_folder(tmp_path / "fer2013")
    samples.write_image(folder / "train/contempt/Training_9.png", samples.noise(1))
    with pytest.raises(DataError, match="'contempt' is none of FER2013's"):
        load(folder)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("7,{pixels},Training", r"fer2013.csv:2: emotion is '7'"),
        ("3,{pixels},Test", r"fer2013.csv:2: Usage is 'Test'"),
        ("3,1 2 3,Training", r"fer2013.csv:2: 3 pixel values; expected 2,304"),
        ("3,{pixels}x,Training", r"fer2013.csv:2: pixels are not whole numbers"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(row, complaint, tmp_path, load):
    file = tmp_path / "fer2013.csv"
    file.write_text("emotion,pixels,Usage\n" + row.format(pixels=" ".join(["9"] * 2304)) + "\n")
    with pytest.raises(DataError, match=complaint):
        load(file)


def test_a_csv_without_usage_is_unofficial(tmp_path, load):
    file = tmp_path / "train.csv"
    file.write_text("emotion,pixels\n3," + " ".join(["9"] * 2304) + "\n\n")
    data = load(file)
    assert data.provenance.status == "unofficial"
    assert data.split.tolist() == [""]


@settings(max_examples=50)
@given(
    seed=st.integers(0, 2**32 - 1),
    place=st.integers(0, 2303),
    value=st.integers(-300, 600),
    surplus=st.integers(-2, 2),
)
def test_pixel_text_is_read_exactly_or_refused(seed, place, value, surplus):
    values = np.random.default_rng(seed).integers(0, 256, 2304 + surplus).tolist()
    values[min(place, len(values) - 1)] = value
    text = " ".join(map(str, values))
    if surplus == 0 and 0 <= value <= 255:
        assert pixels_of("here", text).ravel().tolist() == values
    else:
        with pytest.raises(DataError, match="here"):
            pixels_of("here", text)


@pytest.fixture(scope="module")
def published_cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def published(fer2013_zip: Path, published_cache: Path) -> DataSet:
    return open_data_set(fer2013, fer2013_zip, {}, cache=published_cache)


def test_the_published_file_is_official(published):
    assert (published.provenance.status, published.provenance.notes) == ("official", ())


def test_the_published_file_has_the_published_counts(published):
    for split, counts in COUNTS.items():
        found = np.bincount(published.labels[published.split == split], minlength=7)
        assert tuple(found) == counts


def test_the_published_file_has_34034_different_images(published):
    assert len(published.labels) == 35_887
    assert len(np.unique(published.image_ids)) == 34_034


def test_the_published_file_opens_again_in_two_seconds_of_processor_time(
    published, fer2013_zip, published_cache
):
    start = time.process_time()
    again = open_data_set(fer2013, fer2013_zip, {}, cache=published_cache)
    assert time.process_time() - start < 2
    assert again.digest == published.digest


def jpeg(image):
    return cv2.imdecode(cv2.imencode(".jpg", image)[1], cv2.IMREAD_GRAYSCALE)


def blurred(image):
    return cv2.GaussianBlur(image, (3, 3), 0)


def sharpened(image):
    return cv2.addWeighted(image, 2, blurred(image), -1, 0)


@pytest.mark.parametrize(
    ("change", "note"),
    [(jpeg, "most likely JPEG compression"), (blurred, "softer"), (sharpened, "sharper")],
)
def test_changed_pixels_are_told_by_how_sharp_they_are(change, note, published):
    comparison = Comparison()
    for row in np.flatnonzero(published.split == "test"):
        image = change(published.images[row]).reshape(48, 48, 1)
        comparison.add(Sample(image, int(published.labels[row]), "", "test"))
    found = comparison.official_or_altered()
    assert found.status == "altered"
    assert note in found.notes[-1]


def test_a_few_changed_images_or_labels_are_no_compression(published):
    pixels, labels = Comparison(), Comparison()
    test = np.flatnonzero(published.split == "test")
    swapped = published.labels[test].copy()
    other = int(np.flatnonzero(swapped != swapped[0])[0])
    swapped[[0, other]] = swapped[[other, 0]]
    for place, row in enumerate(test):
        image = published.images[row].copy()
        labels.add(Sample(image.copy(), int(swapped[place]), "", "test"))
        image[0, 0] ^= place < 5
        pixels.add(Sample(image, int(published.labels[row]), "", "test"))
    assert "test: 5 images have other pixels" in pixels.official_or_altered().notes[-1]
    assert "test: labels differ" in labels.official_or_altered().notes[-1]
