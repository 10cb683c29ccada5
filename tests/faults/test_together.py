"""Commands that come together in one folder, or while the clock is set, get in nobody's way."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from benchmarks.execution.progress import Display
from benchmarks.execution.run import RunRequest, run
from benchmarks.processes.worker import Refused
from benchmarks.report.page import render
from benchmarks.reproducibility.verify import verify
from benchmarks.store import files
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_run
from tests.engine_process import call
from tests.faults.evidence import left_behind
from tests.faults.forked import Bench
from tests.faults.work import ONE_FLOOR
from tests.folder import EXPRESSIONS, ROWS, build

BUSY = "another ferbench is working in this folder"
NAMES = ("one", "two", "three")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A bench with a finished run and somebody's predictions for it."""
    bench = Bench(tmp_path)
    run = build(bench.here / "run", ROWS[:2], seeds=(0,), images=60)
    write_digests(run)
    splits = pd.read_parquet(run / "splits.parquet")
    table = splits.loc[splits["split"] != "train", ["row"]].copy()
    table[list(EXPRESSIONS)] = 1 / len(EXPRESSIONS)
    table.to_csv(bench.here / "theirs.csv", index=False)
    return bench


def test_commands_at_once_are_done_or_told_to_wait(bench: Bench) -> None:
    commands = [("add", "run", "--predictions", "theirs.csv", "--name", name) for name in NAMES]
    commands += [("report", "run")] * 2
    while commands:
        under_way = [(each, bench.start(*each)) for each in commands]
        ended = [(each, started.end()) for each, started in under_way]
        others = [done for _, done in ended if done.status != 0 and BUSY not in done.err]
        assert others == []
        assert any(done.status == 0 for _, done in ended)
        commands = [each for each, done in ended if done.status != 0]
    assert {v.name for v in read_run(bench.here / "run").variants} >= set(NAMES)
    assert bench.run("verify", "run").status == 0
    assert not left_behind(bench, bench.here / "run")


def test_a_page_is_not_rendered_while_another_command_holds_a_finished_run(bench: Bench) -> None:
    before = (bench.here / "run" / "digests.json").read_bytes()
    with RunFolder(bench.here / "run").locked():
        done = bench.run("report", "run")
        assert (done.status, done.err.count("\n")) == (2, 1)
        assert BUSY in done.err
    assert (bench.here / "run" / "digests.json").read_bytes() == before
    assert bench.run("report", "run").status == 0


def test_one_command_may_hold_a_folder_more_than_once(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.locked():
        with folder.locked():
            pass
        with pytest.raises(Refused, match=BUSY):
            call("tests.faults.test_together:hold", path=folder.path)
    call("tests.faults.test_together:hold", path=folder.path)


def hold(path: Path) -> None:
    """Hold a folder for a moment, in another process."""
    with RunFolder(path).locked():
        pass


@pytest.fixture
def jumping_clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """A wall clock that somebody sets by ten years, back and forth, whenever it is read."""
    told: list[datetime] = []

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            told.append(datetime(2026, 1, 1, tzinfo=UTC) + timedelta((-1) ** len(told) * 3650))
            return told[-1]

    monkeypatch.setattr(files, "datetime", Jumping)
    return told


def test_a_clock_that_is_set_changes_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jumping_clock: list[datetime]
) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    request = RunRequest(protocol=ONE_FLOOR, data=None, out=tmp_path / "run", workers=1)

    def finish() -> None:
        render(tmp_path / "run")
        write_digests(tmp_path / "run")

    for _ in range(2):
        run(request, Display(Console(file=io.StringIO())), finish)
    assert len({time.year for time in jumping_clock}) == 2
    assert verify(tmp_path / "run") == []
