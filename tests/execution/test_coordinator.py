"""The coordinator: however long a study is, what is stored is taken as it stands."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.execution import coordinator
from benchmarks.execution.coordinator import Coordinator
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
