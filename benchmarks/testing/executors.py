"""The contract of an executor: ``class TestMine(ExecutorContract)`` with its `make`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.errors import JobFailed, Unavailable
from benchmarks.execution.executors.contract import (
    Done,
    Event,
    Executor,
    ExecutorSettings,
    Failed,
    Started,
)
from benchmarks.execution.jobs.job import CountJob
from benchmarks.execution.jobs.kinds import stored_result
from benchmarks.execution.jobs.results import Counted
from benchmarks.store.folder import RunFolder
from models.floors import majority
from models.registry import Recipe

PATIENCE = 120.0
MODELS = """
import os, pathlib, signal, sys, time
from models.floors import majority
from models.registry import ModelError, architecture

HERE = pathlib.Path(__file__).parent

def declared(function):
    name = function.__name__
    of = {"engine": majority.engine, "summary": "a test", "source": "a test"}
    return architecture(name=name, **of)(function)

@declared
def counted(request):
    print("a library says something", flush=True)
    return majority.build(request)

@declared
def chatty(request):
    for _ in range(100_000):
        print("a library says much", file=sys.stderr)
    return majority.build(request)

@declared
def wrong(request):
    raise RuntimeError("nothing to build")

@declared
def leaving(request):
    sys.exit(0)

@declared
def wanting(request):
    raise ModelError("a package is missing")

@declared
def killed(request):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)

@declared
def reader(request):
    (HERE / "sealed" / "labels.txt").read_text()
    return majority.build(request)

@declared
def sleeper(request):
    (HERE / "asleep").touch()
    time.sleep(600)
"""


class ExecutorContract:
    """What every executor does with jobs.

    They count networks without a single weight, so that they take no time and no data.
    """

    capacity = 2

    @staticmethod
    def make(settings: ExecutorSettings) -> Executor:
        """Make the executor with ``settings``."""
        raise NotImplementedError

    @pytest.fixture
    def settings(self, tmp_path: Path) -> ExecutorSettings:
        """What it is made with; a folder beside the models is forbidden."""
        (tmp_path / "models.py").write_text(MODELS, "utf-8")
        (tmp_path / "sealed").mkdir()
        (tmp_path / "sealed" / "labels.txt").write_text("secret", "utf-8")
        return ExecutorSettings(
            capacity=self.capacity,
            threads=1,
            forbidden=[tmp_path / "sealed"],
            log=RunFolder(tmp_path / "logs").log,
        )

    @pytest.fixture
    def executor(self, settings: ExecutorSettings) -> Iterator[Executor]:
        """The executor, closed in the end."""
        executor = self.make(settings)
        yield executor
        executor.close()

    def test_a_job_is_begun_and_comes_to_its_result(
        self, executor: Executor, tmp_path: Path
    ) -> None:
        """The first event says so, the last one brings what is on disk under the job's key."""
        job = counting("counted", tmp_path)
        executor.submit(job)
        events = until_ended(executor, 1)
        assert events[0] == Started(job)
        assert isinstance(events[-1], Done)
        assert isinstance(events[-1].result, Counted)
        assert stored_result(job) == events[-1].result

    def test_it_takes_as_many_jobs_as_it_has_places(
        self, executor: Executor, tmp_path: Path
    ) -> None:
        """All come to their results."""
        assert executor.capacity == self.capacity
        jobs = [counting("counted", tmp_path, str(n)) for n in range(executor.capacity)]
        for job in jobs:
            executor.submit(job)
        ended = [e for e in until_ended(executor, len(jobs)) if isinstance(e, Done)]
        assert {event.job.key for event in ended} == {job.key for job in jobs}

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("wrong", "RuntimeError: nothing to build"),
            ("leaving", "SystemExit: 0"),
            ("wanting", "a package is missing"),
            ("killed", "its process was ended by signal 9 (out of memory, or killed by hand)"),
            ("reader", "PermissionError: sealed"),
        ],
    )
    def test_a_job_that_fails_says_why_and_the_next_one_runs(
        self, executor: Executor, tmp_path: Path, name: str, reason: str
    ) -> None:
        """Whatever its process did, the executor goes on; what is wanting is told apart."""
        assert reason in str(error_of(executor, counting(name, tmp_path)))
        executor.submit(counting("counted", tmp_path))
        assert isinstance(until_ended(executor, 1)[-1], Done)

    def test_what_is_wanting_is_told_apart(self, executor: Executor, tmp_path: Path) -> None:
        """A variant that cannot start is not one that failed."""
        assert isinstance(error_of(executor, counting("wanting", tmp_path)), Unavailable)
        assert not isinstance(error_of(executor, counting("wrong", tmp_path)), Unavailable)

    def test_what_libraries_say_goes_to_the_log(
        self, executor: Executor, settings: ExecutorSettings, tmp_path: Path
    ) -> None:
        """However much it is."""
        for name in ("counted", "chatty"):
            executor.submit(counting(name, tmp_path))
            assert isinstance(until_ended(executor, 1)[-1], Done)
        text = settings.log.read_text("utf-8")
        assert "a library says something" in text
        assert text.count("a library says much") == 100_000

    def test_where_nothing_happens_it_waits_no_longer_than_asked(self, executor: Executor) -> None:
        """So that the coordinator can show that time passes."""
        started = time.monotonic()
        assert executor.wait(0.1) is None
        assert time.monotonic() - started < 5

    def test_closing_ends_a_job_under_way(self, settings: ExecutorSettings, tmp_path: Path) -> None:
        """At once."""
        executor = self.make(settings)
        executor.submit(counting("sleeper", tmp_path))
        deadline = time.monotonic() + PATIENCE
        while not (tmp_path / "asleep").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        started = time.monotonic()
        executor.close()
        assert time.monotonic() - started < 10


def counting(name: str, folder: Path, key: str = "") -> CountJob:
    """Return the job that counts the network ``name`` of `MODELS`."""
    return CountJob(
        key=f"{name}{key}",
        output=folder / f"{name}{key}.json",
        engine=majority.engine,
        variant=name,
        architecture=name,
        input_size=8,
        image_shape=(8, 8, 1),
        class_names=("a", "b"),
        recipe=Recipe(),
        plugins=(folder / "models.py",),
    )


def until_ended(executor: Executor, jobs: int) -> list[Event]:
    """Return the events until that many jobs have ended."""
    events: list[Event] = []
    deadline = time.monotonic() + PATIENCE
    while sum(isinstance(event, Done | Failed) for event in events) < jobs:
        assert time.monotonic() < deadline, f"the jobs did not end; so far {events}"
        if (event := executor.wait(0.5)) is not None:
            events.append(event)
    return events


def error_of(executor: Executor, job: CountJob) -> JobFailed:
    """Run ``job`` and return why it came to nothing."""
    executor.submit(job)
    last = until_ended(executor, 1)[-1]
    assert isinstance(last, Failed), last
    return last.error
