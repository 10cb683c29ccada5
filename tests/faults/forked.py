"""Runs `ferbench` in a process that is forked from one that has imported it, which spares time."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engine_process import ROOT
from tests.faults import breaking
from tests.faults.breaking import Plan
from tests.runs.commands import Done

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

HOOKED = Path(__file__).with_name("hooked")
IMPORTED = [
    "tests.faults.forked",
    "benchmarks.cli",
    "benchmarks.execution.run",
    "benchmarks.exchange.adding.add",
    "benchmarks.exchange.exporting.export",
    "benchmarks.leaks.laboratory",
    "benchmarks.report.page",
    "benchmarks.report.files.figures",
    "benchmarks.report.files.tables",
    "benchmarks.reproducibility.merge",
    "benchmarks.reproducibility.verify",
    "sklearn.utils",
]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(IMPORTED)
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Command:
    """A command under way, and where it says what."""

    process: ForkServerProcess
    out: Path
    err: Path

    def end(self, timeout: float = 600.0) -> Done:
        """Wait for its end; a signal is a negative status, as in `subprocess`."""
        self.process.join(timeout)
        status = self.process.exitcode
        assert status is not None, f"still under way: {self.err.read_text('utf-8', 'replace')}"
        said = [file.read_text("utf-8", "replace") for file in (self.out, self.err)]
        self.out.unlink()
        self.err.unlink()
        return Done(status, *said)


@dataclass
class Bench:
    """A folder for commands: they work ``here``, and have a cache and a temporary folder."""

    folder: Path

    def __post_init__(self) -> None:
        for place in (self.here, self.cache, self.temporary):
            place.mkdir(parents=True, exist_ok=True)

    @property
    def here(self) -> Path:
        """Where commands are given."""
        return self.folder / "here"

    @property
    def cache(self) -> Path:
        """The user's cache."""
        return self.folder / "cache"

    @property
    def temporary(self) -> Path:
        """What commands take for the system's temporary folder."""
        return self.folder / "temporary"

    def plan(self, fate: str, **how: Any) -> Plan:
        """Return a plan to break what is written anywhere."""
        watched = (str(self.here), str(self.cache), str(self.temporary))
        return Plan(fate=fate, watched=watched, seen=str(self.folder / "seen"), **how)

    def start(self, *arguments: object, plan: Plan | None = None, **environment: str) -> Command:
        """Begin a command, broken as ``plan`` says."""
        number = next(NUMBERS)
        out, err = (self.folder / f"said-{number}.{name}" for name in ("out", "err"))
        variables = {
            "TMPDIR": str(self.temporary),
            "FERBENCH_CACHE": str(self.cache),
            "PYTHONPATH": f"{HOOKED}{os.pathsep}{ROOT}",
            **environment,
        }
        if plan:
            variables[breaking.PLAN] = str(plan.write(self.folder / "plan.json"))
        process = CONTEXT.Process(
            target=_be_ferbench, args=([*map(str, arguments)], variables, self.here, out, err)
        )
        process.start()
        return Command(process, out, err)

    def run(self, *arguments: object, plan: Plan | None = None, **environment: str) -> Done:
        """Run a command to its end."""
        return self.start(*arguments, plan=plan, **environment).end()


def _be_ferbench(
    arguments: list[str], variables: Mapping[str, str], folder: Path, out: Path, err: Path
) -> None:
    from benchmarks.cli import main

    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.update(variables)
    os.environ[breaking.COORDINATOR] = str(os.getpid())
    os.chdir(folder)
    tempfile.tempdir = None
    sys.argv = ["ferbench", *arguments]
    breaking.install()
    main()
