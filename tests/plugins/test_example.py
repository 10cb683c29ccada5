"""A package that is installed beside ferbench keeps the contracts, and gets to the page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.engine_process import ROOT
from tests.plugins.executing import carry_out
from tests.runs.commands import ferbench

EXAMPLE = Path(__file__).parent / "example"
PROTOCOL = """
name = "example"

[data]
set = "example-stripes"

[tuning]
trials = 2
rungs = [1]

[fit]
epochs = 4
seeds = [0]

[[variants]]
architecture = "majority"

[[variants]]
architecture = "example-tiny"

[[variants]]
architecture = "example-softmax"
"""
ONE_NETWORK = """
name = "one"
controls = false
data = { set = "example-stripes" }
tuning = { trials = 1, rungs = [1] }
fit = { epochs = 2, seeds = [0, 1] }
variants = [{ architecture = "example-softmax" }]
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, so that building it leaves nothing behind here."""
    return Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("example") / "source"))


@pytest.fixture(scope="module")
def path(source: Path) -> str:
    """A ``PYTHONPATH`` on which the example is installed."""
    target = source.with_name("installed")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target")
    subprocess.run([sys.executable, "-m", "pip", "install", *options, target, source], check=True)
    return f"{target}{os.pathsep}{ROOT}"


@pytest.mark.slow
def test_it_keeps_the_contracts_in_its_own_suite(source: Path, path: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=source,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "failed" not in done.stdout


@pytest.mark.slow
def test_its_models_engine_and_data_set_go_from_the_command_line_to_the_page(
    path: str, tmp_path: Path
) -> None:
    protocol, run = tmp_path / "example.toml", tmp_path / "run"
    protocol.write_text(PROTOCOL, "utf-8")
    cache = str(tmp_path / "cache")
    done = ferbench("run", protocol, "--out", run, PYTHONPATH=path, FERBENCH_CACHE=cache)
    assert done.status == 0, done.err
    board = pd.read_csv(run / "leaderboard.csv").set_index("variant")
    assert board.loc["example-tiny", "status"] == "ok"
    assert board.loc["example-tiny", "accuracy"] > board.loc["majority", "accuracy"]
    assert board.loc["example-softmax", "status"] == "ok"
    page = (run / "leaderboard.html").read_text("utf-8")
    assert "example-tiny" in page
    assert "example-softmax" in page
    assert "example-stripes" in page


@pytest.mark.slow
def test_its_executor_carries_out_a_protocol(path: str, tmp_path: Path) -> None:
    protocol = tmp_path / "one.toml"
    protocol.write_text(ONE_NETWORK, "utf-8")
    cache = str(tmp_path / "cache")
    run = carry_out(protocol, tmp_path / "run", "one-by-one", PYTHONPATH=path, FERBENCH_CACHE=cache)
    board = pd.read_csv(run / "leaderboard.csv").set_index("variant")
    assert board.loc["example-softmax", "status"] == "ok"


def test_without_it_its_names_are_unknown(tmp_path: Path) -> None:
    done = ferbench("datasets", "inspect", "example-stripes", FERBENCH_CACHE=str(tmp_path))
    assert done.status == 2
    assert "example-stripes" in done.err
