"""Picture files: which are listed, and where annotated copies go."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.machine.terminal import printable
from benchmarks.use.annotate import AnnotatedCopies
from benchmarks.use.faces import Box
from benchmarks.use.pictures import FaceAnswer, File, list_files, read
from datasets.records import DataError
from tests.datasets.hostile import PLACES
from tests.use.portraits import portrait, save

CLASSES = ("happy", "sad")
ANSWER = FaceAnswer(Box(175, 64, 100), np.array([0.9, 0.1]))


def listed(*paths: Path) -> tuple[list[str], list[str]]:
    told: list[str] = []
    files = list_files(paths, told.append)
    return [file.name.as_posix() for file in files], told


def test_folders_are_searched_for_pictures_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.JPG", "deep/er/a.png", "notes.txt", ".hidden/c.png", "b.predicted.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert listed(tmp_path) == (["b.JPG", "deep/er/a.png"], [])


def test_a_picture_in_a_folder_is_known_by_its_content(tmp_path: Path) -> None:
    save(tmp_path / "a.png", portrait()).rename(tmp_path / "portrait")
    (tmp_path / "linked").symlink_to(tmp_path / "absent")
    names, told = listed(tmp_path)
    assert names == ["portrait"]
    assert told == [f"{tmp_path}/linked: cannot be read: a link to what is not there"]


def test_a_file_that_is_named_is_taken_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "photograph"
    file.touch()
    assert listed(file) == (["photograph"], [])


def test_absent_paths_and_empty_folders_are_told(tmp_path: Path) -> None:
    names, told = listed(tmp_path, tmp_path / "absent.png")
    assert names == []
    assert "no pictures in it" in told[0]
    assert told[1] == f"{tmp_path / 'absent.png'}: no such file or folder"


@pytest.mark.parametrize("kind", PLACES)
def test_what_is_no_ordinary_file_is_told_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    make, told = PLACES[kind]
    make(tmp_path / "a.png")
    with pytest.raises(DataError, match=rf"a\.png: cannot be read: {told}"):
        read(tmp_path / "a.png", 1)


def test_a_copy_has_the_box_and_leaves_the_original_alone(tmp_path: Path) -> None:
    source = save(tmp_path / "a.png", portrait())
    before = source.read_bytes()
    place = AnnotatedCopies(tmp_path).add(File(source, Path("a.png")), [ANSWER], CLASSES)
    assert place == tmp_path / "a.predicted.png"
    assert source.read_bytes() == before
    copy = cv2.imread(str(place))[..., ::-1]
    changed = (copy != portrait()).any(axis=2)
    assert changed[64:164, 175].all()
    assert not changed[180:].any()


def test_copies_of_one_name_are_numbered(tmp_path: Path) -> None:
    album = AnnotatedCopies(tmp_path / "out")
    files = [save(tmp_path / folder / "a.jpg", portrait()) for folder in "xyz"]
    places = [album.add(File(file, Path(file.name)), [ANSWER], CLASSES) for file in files]
    names = ["a.predicted.jpg", "a-2.predicted.jpg", "a-3.predicted.jpg"]
    assert [place.name for place in places] == names


@pytest.mark.parametrize("shape", [(8, 8), (1, 400), (3000, 40)])
def test_pictures_of_any_shape_can_be_annotated(tmp_path: Path, shape: tuple[int, int]) -> None:
    source = save(tmp_path / "a.png", np.zeros(shape, np.uint8))
    answer = FaceAnswer(None, np.array([0.2, 0.8]))
    place = AnnotatedCopies(tmp_path).add(File(source, Path("a.png")), [answer], ("ü" * 40, "幸"))
    assert place.stat().st_size > 0


def test_what_could_steer_a_terminal_is_spelled_out() -> None:
    assert printable("a\x1b[2J\nü\udcff") == "a\\x1b[2J\\nü\\udcff"
