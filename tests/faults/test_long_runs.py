"""A long run ends as it began: nothing piles up, and what is stored costs seconds to take."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import psutil
import pytest

from benchmarks.execution.tuning import open_storage, require_journal
from benchmarks.store import records
from benchmarks.store.files import now
from benchmarks.store.ledger import append_event, read_ledger

VARIANTS, SEEDS = 100, 5
SETTINGS = f"""
name = "long"
data = {{ set = "synthetic-faces", options = {{ scale = 0.05 }} }}
tuning = {{ trials = 1, rungs = [1] }}
fit = {{ epochs = 1, seeds = {list(range(SEEDS))} }}
"""
FLOORS = ("pixel-logistic", "majority")
MIB = 1 << 20


@dataclass(frozen=True)
class Moment:
    """What a run held and had spent when so many cells were fitted; bytes and seconds.

    ``measured`` variants were through with everything.
    """

    cells: int
    measured: int
    memory: int
    files: int
    processes: int
    threads: int
    coordinator: float
    workers: float


def moments(command: list[str], run: Path) -> Iterator[Moment]:
    """Carry out a run and look at it once a second."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        process = psutil.Process(started.pid)
        while started.poll() is None:
            with process.oneshot():
                spent = process.cpu_times()
                yield Moment(
                    cells=sum(1 for _ in run.glob("fits/*/seed-*/fit.json")),
                    measured=sum(1 for _ in run.glob("fits/*/cost.json")),
                    memory=process.memory_info().rss,
                    files=process.num_fds(),
                    processes=len(process.children(recursive=True)),
                    threads=process.num_threads(),
                    coordinator=spent.user + spent.system,
                    workers=spent.children_user + spent.children_system,
                )
            time.sleep(1)
        assert started.returncode == 0


def processor_time(command: list[str]) -> float:
    """Run a command to its end; return what it and its processes have spent, in seconds."""
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before[2] - before[3]


def ferbench(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "benchmarks", *map(str, arguments)]


@dataclass(frozen=True)
class LongRun:
    """A run that was watched from its first fit to its last."""

    protocol: Path
    folder: Path
    seen: list[Moment]

    def at(self, share: float) -> Moment:
        """Return the first moment at which that share of the cells was fitted."""
        return next(m for m in self.seen if m.cells >= share * VARIANTS * SEEDS)

    @property
    def end(self) -> Moment:
        """Return the last moment before the page is rendered."""
        return next(m for m in self.seen if m.measured == VARIANTS)


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LongRun]:
    place = tmp_path_factory.mktemp("long")
    rows = (
        f'[[variants]]\nname = "row-{number}"\narchitecture = "{FLOORS[number % 2]}"\n'
        for number in range(VARIANTS)
    )
    protocol, run = place / "long.toml", place / "run"
    protocol.write_text(SETTINGS + "".join(rows), "utf-8")
    with patch.dict(os.environ, FERBENCH_CACHE=str(place / "cache")):
        seen = list(moments(ferbench("run", protocol, "--out", run), run))
        yield LongRun(protocol, run, seen)


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_nothing_piles_up_in_the_coordinator(long_run: LongRun) -> None:
    early, end = long_run.at(0.2), long_run.end
    assert end.memory - early.memory < 32 * MIB
    assert end.files <= early.files + 2
    assert end.threads <= early.threads + 2
    most = max(moment.processes for moment in long_run.seen)
    assert most <= 4 * (os.cpu_count() or 1)  # what copies workers; each with its keeper, or ending


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("whose", ["coordinator", "workers"])
def test_a_cell_at_the_end_takes_what_one_took_at_the_start(long_run: LongRun, whose: str) -> None:
    def spent(start: float, end: float) -> float:
        first, last = long_run.at(start), long_run.at(end)
        return (getattr(last, whose) - getattr(first, whose)) / (last.cells - first.cells)

    assert spent(0.8, 1) < 1.5 * spent(0.05, 0.25) + 0.01


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_what_is_stored_is_taken_in_seconds(long_run: LongRun) -> None:
    page = processor_time(ferbench("report", long_run.folder))
    again = processor_time(ferbench("run", long_run.protocol, "--out", long_run.folder))
    assert again - page < 30


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_one_can_live_with_the_page_of_a_hundred_variants(long_run: LongRun) -> None:
    run = long_run.folder
    assert processor_time(ferbench("report", run)) < 180
    assert (run / "leaderboard.html").stat().st_size < 20 * MIB
    assert processor_time(ferbench("report", run, "--format", "csv")) < 120
    assert processor_time(ferbench("compare", run, "row-0", "row-2")) < 60
    assert processor_time(ferbench("choose", run)) < 120


def seconds(read: Callable[[], object]) -> float:
    """Return the least processor time of three readings."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        read()
        taken.append(time.process_time() - started)
    return min(taken)


def ledger_of(folder: Path, lines: int) -> Path:
    file = folder / f"ledger-{lines}.jsonl"
    append_event(
        file, records.TestOpened(time=now(), variant="row", seed=0, key="k", purpose="score")
    )
    file.write_bytes(lines * file.read_bytes())
    return file


def journal_of(folder: Path, lines: int) -> Path:
    """Write the journal of a study whose trials have told so much."""
    file = folder / f"tuning-{lines}.journal"
    storage = open_storage(file)
    study = storage.create_new_study([_maximise()], "study")
    trial = storage.create_new_trial(study)
    whole = file.read_bytes()
    storage.set_trial_intermediate_value(trial, 1, 0.5)
    told = file.read_bytes().removeprefix(whole)
    file.write_bytes(whole + lines * told)
    return file


def _maximise() -> object:
    from optuna.study import StudyDirection

    return StudyDirection.MAXIMIZE


@pytest.mark.parametrize(
    ("write", "read"),
    [(ledger_of, read_ledger), (journal_of, require_journal), (journal_of, open_storage)],
    ids=["ledger", "journal", "studies"],
)
def test_ten_times_the_lines_take_ten_times_as_long_to_read(
    tmp_path: Path, write: Callable[[Path, int], Path], read: Callable[[Path], object]
) -> None:
    few, many = write(tmp_path, 2_000), write(tmp_path, 20_000)
    assert seconds(lambda: read(many)) < 15 * seconds(lambda: read(few))
