"""A bad image is refused or counted by its reason, and an odd one is read as documented."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.datasets import samples
from tests.faults.bad_input.pictures import ODD, UNREADABLE, Given, locked
from tests.faults.bad_input.refusals import refused, unchanged

SUFFIXES = (".jpg", ".TIFF", ".gif", ".webp", ".avif")


def given(place: Path, bad: Given, name: str = "bad.png") -> Path:
    """Write two classes of sound images and the bad one among them."""
    folder = samples.write_classes(place / "mine", {"a": 12, "b": 12}, size=(16, 16))
    file = folder / "a" / name
    file.write_bytes(bad) if isinstance(bad, bytes) else bad(file)
    return folder


def told(place: Path, folder: Path) -> str:
    """Return what is said of the one image that is left out, which a run and `init` refuse."""
    line = refused(place, "init", folder)
    assert "1 of 13 images of class 'a' cannot be read, more than the share 0.01" in line
    assert "mend or remove them, or say unreadable = 0.08 in a protocol's [data]" in line
    assert "first: a/bad" in line
    return line


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_image_that_cannot_be_read_is_told_with_its_reason(case: str, place: Path) -> None:
    bad, reason = UNREADABLE[case]
    assert reason in told(place, given(place, bad))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_name_makes_no_image(suffix: str, place: Path) -> None:
    folder = given(place, b"hello, I am a face", f"bad{suffix}")
    assert "not an image: it begins with 'hello, I am a fa'" in told(place, folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_image_without_permission_is_told(place: Path) -> None:
    assert "Permission denied" in told(place, given(place, locked))


def test_a_folder_named_as_an_image_is_a_folder(place: Path) -> None:
    folder = given(place, Path.mkdir)
    samples.write_image(folder / "a" / "bad.png" / "1.png", samples.noise(99, size=(16, 16)))
    done = unchanged(place, "datasets", "inspect", "image-folder", "--data", folder)
    assert (done.status, done.err.strip()) == (0, "")
    assert "25 images differ in their pixels" in done.out


@pytest.mark.parametrize("case", ODD)
def test_an_odd_image_is_read(case: str, place: Path) -> None:
    folder = given(place, ODD[case])
    done = unchanged(place, "datasets", "inspect", "image-folder", "--data", folder)
    assert (done.status, done.err.strip()) == (0, "")
    assert "25 images differ in their pixels" in done.out
