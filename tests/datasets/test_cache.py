"""Decoding happens once, whoever asks, and damage is noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.cache import decoded
from datasets.cache.decoded import open_data_set
from datasets.files import code_files
from datasets.image_folder import image_folder
from datasets.reading.fer2013_places import TABLE
from datasets.reading.images import image_id
from datasets.records import DataError
from datasets.synthetic_faces import synthetic_faces
from tests.datasets import samples
from tests.engine_process import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return samples.write_classes(tmp_path / "mine", {"a": 3, "b": 3})


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def entry(cache: Path) -> Path:
    (found,) = (place for place in (cache / "data").iterdir() if place.is_dir())
    return found


def test_a_table_that_a_reader_looks_up_decides_what_is_read(monkeypatch):
    with_tables = decoded._code_digest(image_folder)

    def without(folder):
        return [file for file in code_files(folder) if file != TABLE]

    monkeypatch.setattr(decoded, "code_files", without)
    assert decoded._code_digest(image_folder) != with_tables


def test_the_second_opening_decodes_nothing(folder, cache):
    open_data_set(image_folder, folder, {}, cache=cache)
    calls: list[tuple[int, int]] = []
    open_data_set(image_folder, folder, {}, cache=cache, progress=lambda *done: calls.append(done))
    assert calls == []


def test_progress_ends_at_the_number_of_images(folder, cache):
    calls: list[tuple[int, int]] = []
    open_data_set(image_folder, folder, {}, cache=cache, progress=lambda *done: calls.append(done))
    assert calls[-1] == (6, 6)


def test_images_are_a_read_only_memory_map(folder, cache):
    data = open_data_set(image_folder, folder, {}, cache=cache)
    assert isinstance(data.images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        data.images[0] = 0


def test_changed_content_is_decoded_again(folder, cache):
    before = open_data_set(image_folder, folder, {}, cache=cache)
    samples.write_image(folder / "a" / "new.png", samples.noise(77))
    after = open_data_set(image_folder, folder, {}, cache=cache)
    assert len(after.labels) == len(before.labels) + 1
    assert after.digest != before.digest


def test_a_build_that_fails_leaves_no_entry(tmp_path, cache):
    folder = samples.write_classes(tmp_path / "broken", {"a": 1, "b": 1})
    for file in folder.rglob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(DataError, match="not one readable image"):
        open_data_set(image_folder, folder, {}, cache=cache)
    assert not [p for p in (cache / "data").iterdir() if p.is_dir() and p.suffix != ".partial"]


def test_two_processes_that_build_at_once_get_the_same_data(cache):
    program = (
        "import sys; from pathlib import Path; from datasets.cache.decoded import open_data_set; "
        "from datasets.synthetic_faces import synthetic_faces as s; "
        "print(open_data_set(s, None, {'scale': 0.2}, cache=Path(sys.argv[1])).digest)"
    )
    command = [sys.executable, "-c", program, str(cache)]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    answers = {process.communicate()[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    here = open_data_set(synthetic_faces, None, {"scale": 0.2}, cache=cache)
    assert answers == {here.digest + "\n"}
    assert [image_id(image) for image in here.images] == here.image_ids.tolist()


def test_the_cache_folder_can_be_chosen(monkeypatch, folder, tmp_path):
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "chosen"))
    open_data_set(image_folder, folder, {})
    assert entry(tmp_path / "chosen")


@pytest.mark.parametrize(
    ("path", "options", "complaint"),
    [
        (None, {}, "say where it is"),
        (Path("nowhere"), {}, "nowhere: no such file or folder"),
        (Path(), {"image_size": 3.5}, "expected a value like 0"),
        (Path(), {"size": 3}, "unknown option 'size'; known: image_size"),
        (Path(), {"image_size": "big"}, "option image_size is 'big'"),
    ],
)
def test_wrong_input_is_told_in_one_line(path, options, complaint, cache):
    with pytest.raises(DataError, match=complaint):
        open_data_set(image_folder, path, options, cache=cache)


def test_labels_from_a_file_of_their_own_are_part_of_the_key(folder, cache, tmp_path):
    labels = tmp_path / "labels.csv"
    names = [f"{each}/{number}.png" for each in "ab" for number in range(3)]
    for shown in ("xxxyyy", "xyxyxy"):
        rows = [f"{name},{label}" for name, label in zip(names, shown, strict=True)]
        labels.write_text("\n".join(["path,label", *rows]))
        open_data_set(image_folder, folder, {}, labels=str(labels), cache=cache)
    assert len([place for place in (cache / "data").iterdir() if place.is_dir()]) == 2
