"""Whatever happens to a file of the cache, nobody is given other numbers than were written."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.training.features import FEATURES, FeatureCache
from datasets.cache.content import RECORD
from datasets.cache.decoded import IMAGES, META, ROWS, open_data_set
from datasets.cache.packs import HEADER, Packs, open_part, pack, stored_packs
from datasets.image_folder import image_folder
from datasets.records import DataError
from datasets.splits import make_split
from tests.datasets import samples
from tests.datasets.samples import flip, prepared

Damage = Callable[[Path], None]


def swap(file: Path) -> None:
    """Exchange the file and its neighbour in the folder."""
    files = sorted(file.parent.iterdir())
    other = files[files.index(file) - 1]
    kept = file.read_bytes()
    file.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


def empty(file: Path) -> None:
    file.write_bytes(b"")


DAMAGES = pytest.mark.parametrize("damage", [flip, truncate, empty, swap, Path.unlink])
PACKED = ("train-images.npy", "train-labels.npy", "validation-images.npy", "validation-labels.npy")
OF_PACKS = (
    *(("training", name) for name in PACKED),
    *(("training", name) for name in (HEADER, "rows.parquet", RECORD)),
    *(("sealed", name) for name in ("test-images.npy", "test-labels.npy", HEADER, RECORD)),
)


def the_entry(cache: Path) -> Path:
    (found,) = (place for place in (cache / "data").iterdir() if place.is_dir())
    return found


def held(packs: Packs) -> list[list[int]]:
    parts = [open_part(packs.training, "train"), open_part(packs.training, "validation")]
    parts.append(open_part(packs.sealed, "test"))
    return [[*part.images.ravel().tolist(), *part.labels.tolist()] for part in parts]


@DAMAGES
@pytest.mark.parametrize("name", [IMAGES, ROWS, META, RECORD])
def test_a_damaged_data_set_is_decoded_again(name: str, damage: Damage, tmp_path: Path, capsys):
    folder = samples.write_classes(tmp_path / "mine", {"a": 3, "b": 3})
    before = open_data_set(image_folder, folder, {}, cache=tmp_path / "cache")
    pixels, labels = np.array(before.images), before.labels.copy()
    damage(the_entry(tmp_path / "cache") / name)
    after = open_data_set(image_folder, folder, {}, cache=tmp_path / "cache")
    assert (after.images == pixels).all() and (after.labels == labels).all()
    assert after.digest == before.digest and (after.paths == before.paths).all()
    assert capsys.readouterr().err.count("damaged, or of another version; it is built again") == 1


@DAMAGES
@pytest.mark.parametrize(("room", "name"), OF_PACKS)
def test_a_damaged_pack_is_packed_again(room: str, name: str, damage: Damage, tmp_path: Path):
    packs = pack(*prepared(), cache=tmp_path)
    before = held(packs)
    damage(getattr(packs, room) / name)
    assert held(pack(*prepared(), cache=tmp_path)) == before


@pytest.mark.parametrize(("room", "name"), OF_PACKS)
def test_without_its_source_a_damaged_pack_is_told_and_not_used(
    room: str, name: str, tmp_path: Path, capsys
):
    data, split = prepared()
    packs = pack(data, split, cache=tmp_path)
    assert stored_packs(split.training_digest, split.digest, cache=tmp_path) == packs
    assert capsys.readouterr().err == ""
    flip(getattr(packs, room) / name)
    assert stored_packs(split.training_digest, split.digest, cache=tmp_path) is None
    assert "damaged, or of another version; it is not used" in capsys.readouterr().err


def test_packs_that_are_not_there_are_not_called_damaged(tmp_path: Path, capsys):
    assert stored_packs("a", "b", cache=tmp_path) is None
    assert capsys.readouterr().err == ""


def test_a_pack_that_is_damaged_while_it_is_used_is_refused(tmp_path: Path):
    packs = pack(*prepared(), cache=tmp_path)
    flip(packs.training / "train-labels.npy")
    assert len(open_part(packs.training, "validation").labels) == 2
    with pytest.raises(DataError, match=r"train-labels\.npy: damaged.*same command again"):
        open_part(packs.training, "train")


def test_an_entry_in_the_place_of_another_is_not_taken_for_it(tmp_path: Path):
    data, split = prepared()
    packs = pack(data, split, cache=tmp_path)
    before = held(packs)
    other = pack(replace(data, labels=1 - data.labels), replace(split, digest="x"), cache=tmp_path)
    shutil.rmtree(packs.sealed)
    other.sealed.rename(packs.sealed)
    assert held(pack(data, split, cache=tmp_path)) == before


@DAMAGES
def test_targets_are_written_again_where_they_are_damaged(damage: Damage, tmp_path: Path):
    data, split = prepared()
    data = replace(data, targets=np.full((len(data.labels), 2), 0.5, np.float32))
    packs = pack(data, split, cache=tmp_path)
    assert packs.targets is not None
    before = packs.targets.read_bytes()
    damage(packs.targets)
    pack(data, split, cache=tmp_path)
    assert packs.targets.read_bytes() == before


class Doubling:
    """A backbone that doubles its images."""

    def weights(self):
        return {"backbone/factor": np.array([2.0])}

    def features(self, images):
        return np.asarray(images, np.float32) * 2


@DAMAGES
@pytest.mark.parametrize("name", [FEATURES, RECORD])
def test_damaged_features_are_computed_again(name: str, damage: Damage, tmp_path: Path):
    cache, images = FeatureCache(tmp_path, {}), np.arange(8, dtype=np.uint8).reshape(2, 4)
    cache.of(Doubling()).features(images)  # type: ignore[arg-type]
    (entry,) = (place for place in tmp_path.iterdir() if place.is_dir())
    damage(entry / name)
    again = cache.of(Doubling()).features(images)  # type: ignore[arg-type]
    assert again.tolist() == [[0, 2, 4, 6], [8, 10, 12, 14]]


def test_content_is_digested_once_in_a_process(tmp_path: Path, monkeypatch):
    packs = pack(*prepared(), cache=tmp_path)
    held(packs)
    monkeypatch.setattr("datasets.files.sha256_of", lambda _: pytest.fail("once more"))
    held(pack(*prepared(), cache=tmp_path))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``size`` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 60, 1000])
def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(size: int, tmp_path: Path):
    cache, full = tmp_path / "cache", r"data: the cache cannot be written .*FERBENCH_CACHE"
    folder = samples.write_classes(tmp_path / "mine", {"a": 30, "b": 30})
    with files_of_at_most(size), pytest.raises(DataError, match=full):
        open_data_set(image_folder, folder, {}, cache=cache)
    assert not any(place.is_dir() for place in (cache / "data").iterdir())
    data = open_data_set(image_folder, folder, {}, cache=cache)
    split = make_split(data, seed=0)
    with files_of_at_most(size), pytest.raises(DataError, match="the cache cannot be written"):
        pack(data, split, cache=cache)
    assert not any(place.is_dir() for place in (cache / "splits").iterdir())


def test_a_cache_that_is_no_folder_is_told_in_one_line(tmp_path: Path):
    folder = samples.write_classes(tmp_path / "mine", {"a": 3, "b": 3})
    (tmp_path / "cache").write_bytes(b"")
    with pytest.raises(DataError, match=r"the cache cannot be written \(Not a directory\)"):
        open_data_set(image_folder, folder, {}, cache=tmp_path / "cache")
