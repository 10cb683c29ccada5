"""What the environment does to a worker is not told to a study, and costs nothing but time."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.execution.executors.environment import from_environment
from benchmarks.store.files import json_values
from datasets.records import DamagedEntry
from tests.engine_process import ROOT
from tests.plugins.packages import install

PLUGIN = """
import errno, os, pathlib, signal, time
from models.floors import pixel_logistic
from models.registry import Recipe, architecture

def die(how):
    if how in ("KILL", "STOP"):
        os.kill(os.getpid(), getattr(signal, f"SIG{how}"))
    raise {"memory": MemoryError(), "disk": OSError(errno.ENOSPC, "No space left")}[how]

@architecture(name="mortal", engine="scikit-learn", summary="", source="",
              recipe=pixel_logistic.recipe, space=pixel_logistic.space, minimum_input=1)
def mortal(request):
    deaths = pathlib.Path(os.environ["DEATHS"])
    begun, *fates = deaths.read_text().split("\\n")
    deaths.write_text("\\n".join([str(int(begun) + 1), *fates]))
    if (fate := fates[int(begun)] if int(begun) < len(fates) else ""):
        die(fate)
    return pixel_logistic.build(request)

@architecture(name="sleeper", engine="scikit-learn", summary="", source="", minimum_input=1)
def sleeper(request):
    time.sleep(3600)
"""
EXECUTOR = """
from dataclasses import replace
from benchmarks.execution.executors.contract import ExecutorSpec
from benchmarks.execution.executors.local import ProcessExecutor

impatient = ExecutorSpec("impatient", lambda settings: ProcessExecutor(replace(settings, idle=4)))
"""
PROTOCOL = """
name = "mortal"
[data]
set = "synthetic-faces"
options = { scale = 0.05 }
[tuning]
trials = 3
generation = 3
rungs = [1, 2]
[fit]
epochs = 2
[[variants]]
architecture = "mortal"
"""


@dataclass(frozen=True)
class Ended:
    status: int
    said: str
    out: Path

    def trials(self) -> list[dict[str, Any]]:
        (study,) = json_values((self.out / "tuning.json").read_bytes()).values()
        return [{k: v for k, v in trial.items() if k != "seconds"} for trial in study]

    def predictions(self) -> bytes:
        return (self.out / "fits/mortal/seed-0/predictions.parquet").read_bytes()

    def events(self, kind: str) -> int:
        lines = (self.out / "ledger.jsonl").read_text().splitlines()
        return sum(json.loads(line)["event"] == kind for line in lines)


def run(folder: Path, out: str, fates: list[str], protocol: str = PROTOCOL) -> Ended:
    (folder / "mortal.py").write_text(PLUGIN)
    (folder / "mortal.toml").write_text(protocol)
    (folder / "deaths").write_text("\n".join(["0", *fates]))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "run", str(folder / "mortal.toml")),
            *("--out", str(folder / out), "--plugin", str(folder / "mortal.py"), "--workers", "1"),
            *("--executor", "impatient"),
        ],
        env={
            **os.environ,
            "DEATHS": str(folder / "deaths"),
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stderr, folder / out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    install(folder, "impatience", "ferbench.executors", "impatience", EXECUTOR)
    return folder


@pytest.fixture(scope="module")
def unbroken(folder: Path) -> Ended:
    return run(folder, "unbroken", [])


def test_a_run_whose_workers_died_equals_the_unbroken_one(folder: Path, unbroken: Ended) -> None:
    assert unbroken.status == 0
    fates = ["KILL", "memory", "", "disk", "STOP", "", "", "KILL", "memory"]
    broken = run(folder, "broken", fates)
    assert broken.status == 0
    assert broken.said.count("tried again (") == sum(map(bool, fates))
    assert broken.trials() == unbroken.trials()
    assert broken.predictions() == unbroken.predictions()
    assert broken.events("test-opened") == unbroken.events("test-opened") == 1
    assert broken.events("trial") == unbroken.events("trial") == 3


def test_a_row_that_the_environment_never_lets_train_fails_and_can_be_gone_on_with(
    folder: Path, unbroken: Ended
) -> None:
    failed = run(folder, "late", ["", "KILL", "KILL", "KILL"])
    assert failed.status == 1
    assert "ended by signal 9 (out of memory, or killed by hand), 3 times in a row" in failed.said
    later = run(folder, "late", [])
    assert later.status == 0
    assert later.trials() == unbroken.trials()
    assert later.predictions() == unbroken.predictions()


@pytest.mark.slow
def test_a_network_that_never_ends_fails_and_the_others_finish(
    folder: Path, unbroken: Ended
) -> None:
    both = run(folder, "both", [], PROTOCOL + '[[variants]]\narchitecture = "sleeper"\n')
    assert both.status == 1
    assert (
        "sleeper: failed: the fit with seed 0 failed: its process used no processor time for"
        in both.said
    )
    assert "s: stopped, or dead-locked, 3 times in a row" in both.said
    assert both.predictions() == unbroken.predictions()


@pytest.mark.parametrize(
    ("error", "environments"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOSPC, "no room"), True),
        (RuntimeError("SafetensorError: No space left on device (os error 28)"), True),
        (DamagedEntry("train-images.npy: damaged"), True),
        (KeyboardInterrupt(), True),
        (FileNotFoundError(errno.ENOENT, "none"), False),
        (ValueError("wrong shape"), False),
    ],
)
def test_errors_of_the_environment_are_told_from_those_of_the_training(
    error: BaseException, environments: bool
) -> None:
    assert from_environment(error) is environments
    wrapped = RuntimeError("could not be written")
    wrapped.__cause__ = error
    assert from_environment(wrapped) is environments
