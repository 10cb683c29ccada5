"""Imports (law 4): the command line and the coordinator hold no engine; rooms look downward."""

from __future__ import annotations

import ast
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from benchmarks.engines.libraries import titled_libraries
from benchmarks.engines.registry import ENGINES as ENGINE_ROWS
from benchmarks.testing.models import imported_as_engines

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("tensorflow", "torch", "keras", "timm", "jax")
FLOORS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("leaks", "reproducibility", "init", "doctor", "testing"),
    ("report", "exchange", "use", "bench", "scout"),
    ("evaluation", "execution"),
    ("store", "data"),
    ("protocol", "processes", "training"),
    ("engines",),
    ("datasets", "models", "metrics", "machine", "errors"),
)
"""The rooms from the top floor down; those on one floor do not import each other."""
SHARED = ("datasets.files.", "datasets.plugins.", "datasets.settings.")
"""Small files of the ground floor on which models may stand too."""
COORDINATION = (
    "benchmarks.cli",
    "benchmarks.execution.run",
    "benchmarks.execution.coordinator",
    "benchmarks.commands.models",
    "benchmarks.bench.bench",
    "benchmarks.scout.scout",
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


def test_help_computes_for_less_than_a_second() -> None:
    """Processor time: how long it takes depends on what else the machine does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "benchmarks", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the name and the file of every module of the product."""
    for top in ("datasets", "models", "benchmarks"):
        for file in sorted((ROOT / top).rglob("*.py")):
            yield ".".join(file.relative_to(ROOT).with_suffix("").parts), file


def imports(file: Path) -> Iterator[str]:
    """Yield the full name of all that ``file`` imports, late imports included."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room(module: str) -> str | None:
    """Return the room that a module of the product is in; ``None`` for any other module."""
    first, *rest = module.split(".")
    if first != "benchmarks":
        return first if first in ("datasets", "models") else None
    return rest[0] if rest else None


FLOOR = {name: floor for floor, rooms in enumerate(reversed(FLOORS)) for name in rooms}


def test_every_room_has_its_floor_and_there_are_ten_at_most() -> None:
    assert {room(name) for name, _ in modules()} - {None, "__init__"} == set(FLOOR)
    assert len(FLOORS) <= 10


def test_imports_point_downward_to_another_floor() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, file in modules()
        for imported in imports(file)
        if (theirs := room(imported)) is not None
        and not (name.startswith("models.") and imported.startswith(SHARED))
        and (own := room(name)) not in (theirs, "__init__")
        and FLOOR[str(own)] <= FLOOR[theirs]
    ]
    assert wrong == []


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    names = dict(modules())
    graph = {
        name: {part for each in imports(file) for part in (each, each.rpartition(".")[0])}
        & names.keys() - {name}
        for name, file in names.items()
    }
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", ["evaluation", "report"])
def test_what_is_computed_from_results_knows_nothing_of_execution(name: str) -> None:
    files = (ROOT / "benchmarks" / name).rglob("*.py")
    assert "execution" not in {room(each) for file in files for each in imports(file)}


def test_engines_are_imported_in_their_own_folders_alone() -> None:
    """A model's own file builds a network, so it may; nothing else of the product does."""
    wrong = [
        f"{name} imports {imported}"
        for name, file in modules()
        for imported in imports(file)
        if imported.split(".")[0] in ENGINES and room(name) not in ("engines", "models")
    ]
    assert wrong == []


def strings(file: Path) -> Iterator[str]:
    """Yield what ``file`` holds as strings; those that stand alone, as docstrings do, are prose."""
    tree = ast.parse(file.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def test_no_code_outside_the_engines_knows_one_by_name() -> None:
    """Nor a library of one; ``timm:resnet18`` is an architecture and may be named."""
    rows = {name for spec in ENGINE_ROWS for name in (spec.name, spec.backend_setting) if name}
    libraries = {name for each in titled_libraries() for name in (each.distribution, each.title)}
    names = sorted(rows | libraries | imported_as_engines())
    known = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w:-])")
    wrong = [
        f"{name}: {string!r}"
        for name, file in modules()
        if name.startswith("benchmarks.") and room(name) != "engines"
        for string in strings(file)
        if known.search(string)
    ]
    assert wrong == []


def test_no_test_module_imports_from_another() -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {imported}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        for imported in imports(file)
        if imported.startswith("tests.")
        and any(part.startswith("test_") or part == "conftest" for part in imported.split("."))
    ]
    assert wrong == []
