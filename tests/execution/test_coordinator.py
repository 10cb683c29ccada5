"""The coordinator: however long a study is, what is stored is taken as it stands."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.errors import Lost
from benchmarks.execution import coordinator
from benchmarks.execution.coordinator import Coordinator
from benchmarks.execution.executors.contract import Failed
from benchmarks.store.folder import RunFolder
from benchmarks.store.records import RungResult

RUNGS = 5000


@dataclass(frozen=True)
class StoredJob:
    """A job whose result is on disk."""

    output: Path


def steps(given: list[Any]) -> Generator[Sequence[Any], list[Any], None]:
    """Ask for one job after the other, as a study of one trial in a generation does."""
    for number in range(RUNGS):
        given += yield [StoredJob(Path(str(number)))]


def test_any_number_of_stored_steps_is_taken_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = RungResult(key="k", value=0.5, best_epoch=1, images_seen=1, seconds=0.0)
    monkeypatch.setattr(coordinator, "stored_result", lambda job: result)
    told = SimpleNamespace(ended=lambda job, outcome, *, stored: None)
    nobody: Any = None
    ours = Coordinator([], nobody, RunFolder(tmp_path), nobody, told)
    given: list[Any] = []
    ours._drive([("row", steps(given))])
    assert given == [result] * RUNGS


def test_a_job_whose_worker_died_after_its_last_write_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = RungResult(key="k", value=0.5, best_epoch=1, images_seen=1, seconds=0.0)
    job: Any = StoredJob(Path("0"))
    on_disk = iter([None, result])
    monkeypatch.setattr(coordinator, "stored_result", lambda job: next(on_disk))
    monkeypatch.setattr(coordinator, "spoilt_result", lambda job: None)
    told = SimpleNamespace(ended=lambda job, outcome, *, stored: None, tick=lambda: None)
    executor: Any = SimpleNamespace(
        capacity=1, submit=lambda job: None, wait=lambda timeout: Failed(job, Lost("killed"))
    )
    nobody: Any = None
    ours = Coordinator([], nobody, RunFolder(tmp_path), executor, told)
    given: list[Any] = []

    def one() -> Generator[Sequence[Any], list[Any], None]:
        given.append((yield [job]))

    ours._drive([("row", one())])
    assert given == [[result]]
