"""The places that show test images are named, and what a worker needs stays open."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import bench
from benchmarks.data.prepared import PreparedData
from benchmarks.data.sealed import sealed_places
from benchmarks.execution.executors.contract import ExecutorSettings
from benchmarks.execution.jobs.job import PixelsJob
from datasets.cache.packs import Packs
from datasets.splits import make_split
from tests.datasets.samples import in_memory


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    cache = tmp_path / "cache"
    monkeypatch.setenv("FERBENCH_CACHE", str(cache))
    return {cache / "sealed", cache / "data", cache / "audits"}


@pytest.fixture
def prepared(tmp_path: Path) -> PreparedData:
    data = in_memory([0, 1] * 10, ["train", "validation", "test", "train"] * 5, list(range(20)))
    packs = Packs(tmp_path / "splits" / "a", tmp_path / "sealed" / "b")
    return PreparedData(data, make_split(data, seed=0), packs, tmp_path / "faces")


def test_every_room_of_the_cache_with_test_images_and_the_users_files_are_named(
    rooms: set[Path], prepared: PreparedData, tmp_path: Path
) -> None:
    assert set(sealed_places([prepared], needed=[])) == {*rooms, tmp_path / "faces"}


def test_a_folder_stays_open_where_something_needed_lies_in_it(
    rooms: set[Path], prepared: PreparedData, tmp_path: Path
) -> None:
    assert set(sealed_places([prepared], needed=[tmp_path / "faces" / "plugin.py"])) == rooms


def test_what_is_timed_may_open_none_of_them(
    rooms: set[Path], prepared: PreparedData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut: list[Path] = []

    def run_jobs(jobs: object, settings: ExecutorSettings) -> list[object]:
        shut.extend(settings.forbidden)
        return []

    monkeypatch.setattr(bench, "run_jobs", run_jobs)
    job = PixelsJob(
        key="a",
        output=tmp_path / "a",
        engine="none",
        variant="a",
        class_names=("a", "b"),
        image_shape=(1, 1, 1),
        sample=tmp_path,
    )
    bench.one_by_one([job], prepared, tmp_path / "run")
    assert set(shut) == {*rooms, tmp_path / "faces"}
