"""A reading is kept under what was read: another content is never answered with it."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from datasets.cache.decoded import open_data_set
from datasets.image_folder import image_folder
from datasets.records import DataError, DataSet
from tests.datasets import samples, trees


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return samples.write_classes(tmp_path / "mine", {"a": 4, "b": 4})


def opened(path: Path, tmp_path: Path) -> DataSet:
    return open_data_set(image_folder, path, {}, cache=tmp_path / "cache")


def with_time_of(file: Path, other: os.stat_result) -> None:
    os.utime(file, ns=(other.st_atime_ns, other.st_mtime_ns))


def test_a_mended_archive_is_read_again(folder: Path, tmp_path: Path) -> None:
    """Damage inside of members leaves name, length, time and table of an archive as they were."""
    zipped = trees.zipped(folder)
    intact, before = zipped.read_bytes(), zipped.stat()
    damaged = bytearray(intact)
    for start in (intact.index(b"\x89PNG"), intact.rindex(b"\x89PNG")):
        damaged[start + 60] ^= 255
    zipped.write_bytes(damaged)
    with_time_of(zipped, before)
    assert len(opened(zipped, tmp_path).unreadable) == 2
    zipped.write_bytes(intact)
    with_time_of(zipped, before)
    assert len(opened(zipped, tmp_path).labels) == 8


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_is_known_by_its_bytes(mode: str, folder: Path, tmp_path: Path) -> None:
    before = opened(trees.tarred(folder, mode), tmp_path)
    samples.write_image(next(folder.rglob("*.png")), samples.noise(99))
    assert opened(trees.tarred(folder, mode), tmp_path).digest != before.digest


def test_a_file_changed_in_place_is_read_again_though_size_and_time_are_kept(
    folder: Path, tmp_path: Path
) -> None:
    before, file = opened(folder, tmp_path), folder / "a" / "0.png"
    assert file.is_file()
    content, status = bytearray(file.read_bytes()), file.stat()
    content[60] ^= 255
    file.write_bytes(content)
    with_time_of(file, status)
    assert opened(folder, tmp_path).digest != before.digest


def test_what_the_system_failed_to_read_for_the_moment_is_not_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr("datasets.reading.trees._open", fails)
        with pytest.raises(DataError, match="Input/output error while it was read; nothing was"):
            opened(folder, tmp_path)
    assert len(opened(folder, tmp_path).labels) == 8


def test_what_changes_while_it_is_read_is_not_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped, other = trees.zipped(folder), tmp_path / "other.zip"
    samples.write_image(folder / "a" / "more.png", samples.noise(9))
    shutil.move(trees.zipped(folder), other)
    samples.write_image(folder / "b" / "more.png", samples.noise(8))
    trees.zipped(folder)
    read = image_folder.read

    def replaced_meanwhile(path: Path, options: object) -> object:
        shutil.copyfile(other, zipped)
        return read(path, options)  # type: ignore[arg-type]

    changing = type(image_folder)(**{**vars(image_folder), "read": replaced_meanwhile})
    with pytest.raises(DataError, match="it changed while it was read"):
        open_data_set(changing, zipped, {}, cache=tmp_path / "cache")
