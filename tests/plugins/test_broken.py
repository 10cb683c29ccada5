"""A package that is broken is told of in one line and left out; a plug-in file that is, refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine_process import ROOT
from tests.plugins.packages import install
from tests.runs.commands import ferbench, smallest

DATA_SET = """
from datasets.registry import data_set

@data_set(name={name!r}, summary="a test", origin="a test", licence="MIT", needs_path=False)
def mine(path, options):
    ...
"""
MODEL = """
from models.registry import architecture

@architecture(name="{name}", engine="torch", summary="a test", source="a test")
def mine(request):
    ...
"""


ENGINE = """
from benchmarks.engines.spec import EngineSpec

mine = EngineSpec(
    name={name!r}, title="a test", factory="a:b", libraries={{"": ()}}, code=(), probe_network=""
)
"""
EXECUTOR = """
from benchmarks.execution.executors.contract import ExecutorSpec

mine = ExecutorSpec({name!r}, print)
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
    protocol.write_text(smallest("hole-model"), "utf-8")
    done = ferbench(
        *("run", protocol, "--out", tmp_path / "run"),
        PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}",
        FERBENCH_CACHE=str(tmp_path / "cache"),
    )
    assert done.status == 2
    assert "two models are named 'majority'" in done.err
    assert "did you mean whole-model" in done.err


@pytest.mark.parametrize(
    ("group", "table", "known", "code", "kind"),
    [
        ("engines", "benchmarks.engines.registry:engines", "keras", ENGINE, "EngineSpec"),
        (
            "executors",
            "benchmarks.execution.executors.registry:executors",
            "local",
            EXECUTOR,
            "ExecutorSpec",
        ),
    ],
)
def test_a_broken_engine_or_executor_is_left_out(
    group: str, table: str, known: str, code: str, kind: str, tmp_path: Path
) -> None:
    install(tmp_path, "absent", f"ferbench.{group}", "absent", "import nothing_of_this_name")
    install(tmp_path, "hollow", f"ferbench.{group}", "hollow", "")
    install(tmp_path, "taking", f"ferbench.{group}", "taking:mine", code.format(name=known))
    install(tmp_path, "whole", f"ferbench.{group}", "whole:mine", code.format(name="whole-one"))
    module, _, function = table.partition(":")
    done = subprocess.run(
        [sys.executable, "-c", f"from {module} import {function}; print(*{function}())"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {known, "whole-one"} <= set(done.stdout.split())
    absent, hollow, taking = done.stderr.splitlines()
    assert "plug-in absent 0.1" in absent and "ModuleNotFoundError" in absent
    assert "plug-in hollow 0.1" in hollow and f"it holds no {kind}" in hollow
    assert "plug-in taking 0.1" in taking
    assert f"two {group} are named {known!r}; update or uninstall it" in taking


def test_a_plugin_file_that_ends_the_program_is_named(tmp_path: Path) -> None:
    plugin = tmp_path / "ends.py"
    plugin.write_text("raise SystemExit(0)", "utf-8")
    done = ferbench("run", "quick", "--plugin", plugin, "--out", tmp_path / "run")
    assert done.status == 2
    assert "ends.py: SystemExit: 0" in done.err


EXITING = "import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()\nos._exit(3)"


@pytest.mark.parametrize("installed", [True, False])
def test_one_that_ends_its_process_is_named(installed: bool, tmp_path: Path) -> None:
    if installed:
        install(tmp_path, "ends", "ferbench.datasets", "ends", EXITING)
        done = ferbench("datasets", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    else:
        (tmp_path / "ends.py").write_text(EXITING, "utf-8")
        done = ferbench("datasets", "--plugin", tmp_path / "ends.py")
    (line,) = done.err.splitlines()
    assert done.status == (0 if installed else 2)
    assert "SystemExit: os._exit(3)" in line
