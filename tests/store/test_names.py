"""What lies in a results folder is named in benchmarks/store alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.store.folder import (
    ASIDE,
    FitFolder,
    LaboratoryFolder,
    PretrainedFolder,
    RunFolder,
)
from benchmarks.store.records import probability_column

ROOT = Path(__file__).resolve().parents[2]
RUN, FIT = RunFolder(Path("run")), FitFolder(Path("fit"))
ALLOWED = {
    ("use/formats.py", "p_"): "a table of predictions that is no file of a run",
}
"""Where a name may stand outside the store, and why."""


def names() -> set[str]:
    """Return the names of all files and folders whose place is a property, and of some others."""
    places = (RUN, FIT, PretrainedFolder(Path("made")), LaboratoryFolder(Path("leaks")))
    properties = {
        getattr(place, name).name
        for place in places
        for name, member in vars(type(place)).items()
        if isinstance(member, property)
    }
    return properties | {RUN.cost("v").name, RUN.weights("v").name}


def beginnings() -> set[str]:
    """Return how the names begin, or go on, that end in a number, a key or a class."""
    numbered = (RUN.fit("v", 0), RUN.rung("v", 0, 0), RUN.rung("v", 0, 0).parent)
    named = {path.name.partition("-")[0] + "-" for path in (*numbered, RUN.checkpoint("v", "k"))}
    return named | {ASIDE, probability_column("")}


NAMES, BEGINNINGS = names(), tuple(beginnings())


def literals(file: Path) -> Iterator[str]:
    """Yield the strings of a module but its docstrings; in one with blanks people are told."""
    tree = ast.parse(file.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from [node.value] if len(node.value.split()) == 1 else ()


def named(literal: str) -> bool:
    """Tell whether a string names a file of a results folder."""
    return any(part in NAMES or part.startswith(BEGINNINGS) for part in literal.split("/"))


def test_the_store_knows_the_names() -> None:
    assert {"manifest.json", "predictions.parquet", "leaks.csv", "fits", "cost.json"} <= NAMES
    assert set(BEGINNINGS) == {"seed-", "rung-", "trial-", "checkpoint-", ".stale-", "p_"}


@pytest.mark.parametrize(
    "literal", ["splits.parquet", "fits", "*/fit.json", "seed-", "seed-*/backbone.safetensors"]
)
def test_a_name_is_found(literal: str) -> None:
    assert named(literal)


def test_no_module_outside_the_store_names_a_file_of_a_results_folder() -> None:
    benchmarks = ROOT / "benchmarks"
    found = {
        (file.relative_to(benchmarks).as_posix(), literal)
        for file in sorted(benchmarks.rglob("*.py"))
        if not file.is_relative_to(benchmarks / "store")
        for literal in literals(file)
        if named(literal)
    }
    assert found == set(ALLOWED)
