"""A run that is ended by a signal says how to go on, and leaves neither processes nor folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.runs.commands import smallest

PLUGIN = """
import pathlib, time
from models.registry import architecture

@architecture(name="sleeper", engine="scikit-learn", summary="", source="", minimum_input=1)
def sleeper(request):
    pathlib.Path(__file__).with_name("asleep").touch()
    time.sleep(3600)
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """A run whose worker never ends."""
    plugin, protocol = tmp_path / "sleeper.py", tmp_path / "p.toml"
    plugin.write_text(PLUGIN, "utf-8")
    protocol.write_text(smallest("sleeper"), "utf-8")
    (tmp_path / "temporary").mkdir()
    run = [sys.executable, "-m", "benchmarks", "run", str(protocol)]
    return [*run, "--out", str(tmp_path / "out"), "--plugin", str(plugin)]


def test_what_a_batch_system_sends_ends_all_of_it(command: list[str], tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    with subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        until_exists(tmp_path / "asleep")
        workers = psutil.Process(run.pid).children(recursive=True)
        assert workers
        assert [path.name[:9] for path in temporary.iterdir()] == ["ferbench-"]
        run.send_signal(signal.SIGTERM)
        run.send_signal(signal.SIGINT)
        assert run.stderr is not None
        said = run.stderr.read()
    assert run.returncode in (143, 130)  # two signals at once come in any order
    assert said.splitlines()[-1] == "interrupted; the same command goes on where it stopped"
    assert "Traceback" not in said
    assert not psutil.wait_procs(workers, timeout=30)[1]
    assert not list(temporary.iterdir())


def until_exists(file: Path) -> None:
    deadline = time.monotonic() + 300
    while not file.exists():
        assert time.monotonic() < deadline, "the moment to end it never came"
        time.sleep(0.05)
