"""The way of scouting: what is counted, left out, scouted, controlled and looked up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.data.prepared import PreparedData
from benchmarks.engines.contract import InitialWeights
from benchmarks.execution.executors.contract import ExecutorSettings
from benchmarks.scout import scout as scouting
from benchmarks.scout.candidates import Candidate
from benchmarks.scout.records import ScoutRecord
from datasets.cache.packs import Packs
from datasets.splits import make_split
from models.registry import PublishedWeights, discover
from tests.datasets.samples import in_memory
from tests.scout.answering import LITE, SHARES, VGG, Answering


@pytest.fixture
def executors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Answering]:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scouting, "gpu", lambda: None)
    return []


@pytest.fixture
def scouted(
    executors: list[Answering], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., ScoutRecord]:
    split = ["train"] * 100 + ["validation"] * 5 + ["test"] * 5
    data = in_memory([0, 1] * 55, split, list(range(110)))
    packs = Packs(tmp_path / "splits" / "a", tmp_path / "sealed" / "b")
    prepared = PreparedData(data, make_split(data, seed=0), packs, None)

    def carry_out(*, asked: bool = False, broken: str = "") -> ScoutRecord:
        def make(settings: ExecutorSettings) -> Answering:
            executors.append(Answering(settings, broken))
            return executors[-1]

        monkeypatch.setattr(scouting, "make_executor", make)
        registry = discover()
        starts = {LITE: "imagenet", VGG: "edges"}
        about = PublishedWeights(initialisation="imagenet", name="weights", sha256="a" * 64)
        candidates = [
            Candidate(
                architecture=registry[name],
                initialisation=start,
                input_size=size,
                start=InitialWeights(file=Path("weights"), published=about),
            )
            for name, start in starts.items()
            for size in (48, 96)
        ]
        return scouting.scout(prepared, candidates, registry, asked=asked)

    return carry_out


def titles(record: ScoutRecord, status: str = "ok") -> list[str]:
    return [row.title for row in record.rows if row.status == status]


def test_controls_are_at_the_size_at_which_the_weights_did_best(
    scouted: Callable[..., ScoutRecord],
) -> None:
    found = titles(scouted())
    assert found[:3] == list(SHARES)
    assert set(found[3:]) == {f"{LITE}.scratch@96", f"{VGG}.scratch@48", "pixels@1"}


def test_what_takes_too_long_is_left_out_unless_it_is_asked_for(
    scouted: Callable[..., ScoutRecord],
) -> None:
    left_out = [row for row in scouted().rows if row.status == "left out"]
    assert [row.title for row in left_out] == [f"{VGG}.edges@96"]
    assert "--size 96 asks for it" in left_out[0].reason
    assert f"{VGG}.edges@96" in titles(scouted(asked=True))


def test_the_smallest_input_of_a_network_is_never_left_out(
    scouted: Callable[..., ScoutRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scouting, "MOST_MACS", 1.0)
    assert {f"{LITE}.imagenet@48", f"{VGG}.edges@48"} <= set(titles(scouted()))


def test_what_was_computed_is_looked_up_and_no_worker_started(
    scouted: Callable[..., ScoutRecord], executors: list[Answering]
) -> None:
    first, again = scouted(), scouted()
    assert len(executors) == 1 and executors[0].closed
    assert again.rows == first.rows
    assert len(executors[0].asked) == len(set(executors[0].asked)), "nothing twice"


def test_what_fails_has_its_row_and_the_others_go_on(
    scouted: Callable[..., ScoutRecord], executors: list[Answering]
) -> None:
    record = scouted(broken=f"{LITE}.imagenet@96")
    assert titles(record, "failed") == [f"{LITE}.imagenet@96"]
    assert f"{LITE}.scratch@48" in titles(record), "the control is at the best size that is known"
    assert scouted().best(1)[0].input_size == 96, "a failure is not kept"


def test_workers_may_open_neither_test_nor_validation_images(
    scouted: Callable[..., ScoutRecord], executors: list[Answering], tmp_path: Path
) -> None:
    scouted()
    rooms = ("sealed", "data", "audits", "splits", "mistakes", "counterparts")
    shut = {tmp_path / "cache" / room for room in rooms}
    assert set(executors[0].settings.forbidden) == shut


def test_a_network_that_cannot_be_counted_is_scouted_and_told(
    scouted: Callable[..., ScoutRecord],
) -> None:
    """A job that counts goes by the name of its architecture."""
    record = scouted(broken=VGG)
    assert not titles(record, "left out")
    (row,) = (row for row in record.scouted if row.title == f"{VGG}.edges@96")
    assert row.macs is None and "could not be counted (no memory)" in row.reason
    assert not any(row.reason for row in record.scouted if row.architecture != VGG)


def test_a_test_set_of_the_datas_own_is_not_made(scouted: Callable[..., ScoutRecord]) -> None:
    assert not scouted().made
