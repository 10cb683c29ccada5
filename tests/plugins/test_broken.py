"""A package that is broken is told of in one line and left out; a plug-in file that is, refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engine_process import ROOT
from tests.plugins.packages import install
from tests.runs.commands import ferbench

DATA_SET = """
from datasets.registry import data_set

@data_set(name={name!r}, summary="a test", origin="a test", licence="MIT", needs_path=False)
def mine(path, options):
    ...
"""
PROTOCOL = """
name = "p"
data = { set = "synthetic-faces", options = { scale = 0.05 } }
tuning = { trials = 1, rungs = [1] }
fit = { epochs = 1, seeds = [0] }
variants = [{ architecture = "hole-model" }]
"""
MODEL = """
from models.registry import architecture

@architecture(name="{name}", engine="torch", summary="a test", source="a test")
def mine(request):
    ...
"""


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [
        ("broken", "import nothing_of_this_name", "ModuleNotFoundError: No module named"),
        ("broken", "import sys; sys.exit(0)", "SystemExit: 0"),
        ("broken", "raise RuntimeError('two\\nlines')", "RuntimeError: two lines"),
        ("broken:absent", "", "AttributeError"),
        ("broken", "", "it holds no Source"),
        ("broken:mine", "mine = 3", "it holds no Source"),
        ("broken", DATA_SET.format(name="fer2013"), "two data sets are named 'fer2013'"),
    ],
)
def test_a_broken_package_breaks_nothing_else(
    value: str, code: str, reason: str, tmp_path: Path
) -> None:
    install(tmp_path, "broken", "ferbench.datasets", value, code)
    install(tmp_path, "whole", "ferbench.datasets", "whole", DATA_SET.format(name="whole-set"))
    done = ferbench("datasets", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}", COLUMNS="200")
    assert done.status == 0
    assert "fer2013" in done.out
    assert "whole-set" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith(f"ferbench: plug-in broken 0.1: mine = {value} (ferbench.datasets): ")
    assert reason in line
    assert line.endswith("; update or uninstall it")


def test_a_package_cannot_take_the_name_of_a_model(tmp_path: Path) -> None:
    install(tmp_path, "broken", "ferbench.models", "broken", MODEL.format(name="majority"))
    install(tmp_path, "whole", "ferbench.models", "whole:mine", MODEL.format(name="whole-model"))
    protocol = tmp_path / "p.toml"
    protocol.write_text(PROTOCOL, "utf-8")
    done = ferbench(
        *("run", protocol, "--out", tmp_path / "run"),
        PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}",
        FERBENCH_CACHE=str(tmp_path / "cache"),
    )
    assert done.status == 2
    assert "two models are named 'majority'" in done.err
    assert "did you mean whole-model" in done.err


def test_a_plugin_file_that_ends_the_program_is_named(tmp_path: Path) -> None:
    plugin = tmp_path / "ends.py"
    plugin.write_text("raise SystemExit(0)", "utf-8")
    done = ferbench("run", "quick", "--plugin", plugin, "--out", tmp_path / "run")
    assert done.status == 2
    assert "ends.py: SystemExit: 0" in done.err
