"""A table of rows is read where it stands, and only metrics.py knows a metric by its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.metrics import METRICS, RANKED_BY, metric_of

ROOT = Path(__file__).resolve().parents[1]
NAMES = {metric.name for metric in METRICS}
TABLES = {
    "benchmarks.metrics": {"METRICS"},
    "benchmarks.evaluation.leaderboard": {"COLUMNS"},
    "benchmarks.report.page": {"SECTIONS"},
    "benchmarks.data.corruptions": {"CORRUPTIONS"},
    "benchmarks.data.mistakes": {"MISTAKES", "COUNTERPARTS"},
}
OWN_WORDS = {
    "benchmarks/engines/keras/engine.py": "Keras calls its own training metric so",
    "benchmarks/execution/jobs/training.py": "pre-training is told by its accuracy",
    "benchmarks/testing/trainings.py": "the contract trains by the log-loss",
    "benchmarks/training/checkpoint.py": "learning curves show the loss and the accuracy",
}
"""Files that look a metric up by name since it is that metric that they are about."""


def files() -> Iterator[tuple[str, ast.Module]]:
    """Yield path and syntax of every file of the product."""
    for top in ("datasets", "models", "benchmarks"):
        for file in sorted((ROOT / top).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text("utf-8"))


def asked(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what ``node`` compares with or looks up by."""
    if isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Dict):
        yield from (key for key in node.keys if key is not None)
    elif isinstance(node, ast.Subscript):
        yield node.slice
    elif isinstance(node, ast.MatchValue):
        yield node.value


def named(node: ast.AST) -> Iterator[str]:
    """Yield the metrics that ``node`` branches on by name, also those in a tuple or a set."""
    for expression in asked(node):
        parts = expression.elts if isinstance(expression, ast.Tuple | ast.List | ast.Set) else ()
        for part in (expression, *parts):
            if isinstance(part, ast.Constant) and part.value in NAMES:
                yield str(part.value)


def branches(tree: ast.Module) -> list[str]:
    return [name for node in ast.walk(tree) for name in named(node)]


@pytest.mark.parametrize(
    "code",
    [
        'metric.name == "accuracy"',
        'name in ("accuracy", "other")',
        '{"log_loss": 1}',
        'row["macro_f1"]',
        'match name:\n    case "log_loss":\n        pass',
    ],
)
def test_a_branch_on_a_name_is_recognised(code: str) -> None:
    assert branches(ast.parse(code))


def test_no_file_but_that_of_the_metrics_branches_on_a_metric_by_name() -> None:
    found = {path for path, tree in files() if branches(tree)}
    assert found - {"benchmarks/metrics.py"} == OWN_WORDS.keys()


def test_no_file_binds_a_table_of_rows_to_a_name_of_its_own() -> None:
    bound = [
        f"{path} imports {alias.name}"
        for path, tree in files()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in TABLES.get(node.module or "", ())
    ]
    assert bound == []


def test_rows_are_ranked_by_a_metric_with_an_interval() -> None:
    assert metric_of(RANKED_BY).resampled is not None
