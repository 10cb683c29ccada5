"""Imports (law 4): the command line and the coordinator hold no engine; rooms look downward."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("tensorflow", "torch", "keras", "timm", "jax")
COORDINATION = (
    "benchmarks.cli",
    "benchmarks.execution.run",
    "benchmarks.execution.coordinator",
    "benchmarks.commands.models",
    "benchmarks.bench.bench",
    "benchmarks.init.toml",
    "benchmarks.doctor.examination",
    "benchmarks.execution.executors.local",
    "benchmarks.report.page",
    "benchmarks.exchange.exporting.export",
    "benchmarks.exchange.adding.add",
    "benchmarks.use.predict",
    "benchmarks.use.webcam",
    "benchmarks.use.demo_server",
)


def imported_engines(code: str) -> str:
    check = f"{code}\nimport sys\nprint([e for e in {ENGINES} if e in sys.modules])"
    command = [sys.executable, "-c", check]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("module", COORDINATION)
def test_the_coordinating_side_imports_no_engine(module: str) -> None:
    assert imported_engines(f"import {module}") == "[]"


def test_finding_every_model_and_data_set_imports_no_engine() -> None:
    code = "import models.registry, datasets.registry\n"
    code += "models.registry.discover(); datasets.registry.discover()"
    assert imported_engines(code) == "[]"


@pytest.mark.parametrize(
    ("engine", "others"), [("keras", ("torch", "timm")), ("torch", ("keras", "tensorflow"))]
)
def test_an_engine_brings_no_other_with_it(engine: str, others: tuple[str, ...]) -> None:
    code = f"from benchmarks.engines.registry import load_engine\nload_engine({engine!r})"
    found = imported_engines(code)
    assert engine in found
    assert not any(f"'{other}'" in found for other in others)


def test_help_comes_in_under_half_a_second() -> None:
    command = [sys.executable, "-m", "benchmarks", "--help"]
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.5


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("datasets", ("benchmarks", "models")),
        ("models", ("benchmarks", "datasets")),
        (
            "benchmarks/training",
            ("benchmarks.report", "benchmarks.execution.coordinator", "benchmarks.cli"),
        ),
        ("benchmarks/evaluation", ("benchmarks.report", "benchmarks.training", "models")),
    ],
)
def test_imports_point_downward(room: str, forbidden: tuple[str, ...]) -> None:
    for file in (ROOT / room).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [n.name for n in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                assert not module.startswith(forbidden), f"{file.name} imports {module}"
