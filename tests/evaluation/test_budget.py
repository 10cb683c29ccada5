"""The budget ledger counts each trial and fit once, and marks who had more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.evaluation.budget import Budget, Edge, budgets, edges, had_more
from benchmarks.store.files import json_values, write_values
from benchmarks.store.reading import read_run
from models.registry import Categorical
from tests.folder import ROWS, SPACE, Row, build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[:5], seeds=(0, 1), images=40)


def of(folder: Path, name: str) -> Budget:
    return next(budget for budget in budgets(read_run(folder)) if budget.variant == name)


def rewrite(path: Path, change: Any) -> None:
    content = json_values(path.read_bytes())
    change(content)
    write_values(path, content)


def append(folder: Path, **event: Any) -> None:
    with (folder / "ledger.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


def keyed(folder: Path) -> None:
    """Give every trial a key, as a run does."""

    def change(studies: dict[str, list[dict[str, Any]]]) -> None:
        for name, trials in studies.items():
            for trial in trials:
                trial["key"] = f"{name} {trial['number']}"

    rewrite(folder / "tuning.json", change)


def test_started_trials_are_those_that_ended_in_any_way(folder: Path) -> None:
    budget = of(folder, "plain-cnn")
    assert (budget.started, budget.complete, budget.pruned, budget.failed) == (8, 3, 4, 1)
    assert (budget.tuning_images, budget.tuning_seconds) == (8 * 3000, pytest.approx(8 * 4.2))
    assert (budget.fit_images, budget.fit_seconds) == (2 * 12_000, pytest.approx(83.4 + 84.4))


def test_a_variant_without_fits_has_its_line_too(tmp_path: Path) -> None:
    run = read_run(build(tmp_path / "run", ROWS[-2:]))
    assert [budget.images for budget in budgets(run)] == [0, 0]
    assert had_more(run) == {}


def test_equal_budgets_mark_nobody(folder: Path) -> None:
    assert had_more(read_run(folder)) == {}


def test_what_an_interrupted_run_told_twice_is_counted_once(folder: Path) -> None:
    keyed(folder)
    before = of(folder, "plain-cnn")
    for _ in range(2):
        for number in range(8):
            append(
                folder,
                event="trial",
                variant="plain-cnn",
                key=f"plain-cnn {number}",
                state="complete",
                images_seen=3000,
                seconds=4.2,
            )
    assert of(folder, "plain-cnn") == before


def test_trials_and_fits_of_earlier_code_are_counted_and_marked(folder: Path) -> None:
    keyed(folder)
    for number in range(3):
        append(folder, event="trial", variant="plain-cnn", key=f"old {number}", images_seen=3000)
        append(folder, event="trial", variant="plain-cnn", key=f"old {number}", images_seen=3000)
    append(folder, event="fit", variant="plain-cnn", key="old fit", images_seen=12_000)
    budget = of(folder, "plain-cnn")
    assert (budget.earlier_trials, budget.earlier_fits) == (3, 1)
    assert budget.earlier_images == 3 * 3000 + 12_000
    marked = had_more(read_run(folder))
    assert list(marked) == ["plain-cnn"]
    assert "11 trials where the others had 8" in marked["plain-cnn"]
    assert "1.4 times the images" in marked["plain-cnn"]


def test_pre_training_counts_for_the_variants_that_start_from_it(folder: Path) -> None:
    append(folder, event="pretrain", variant="resnet50", key="p", images_seen=60_000, seconds=9.0)
    assert of(folder, "resnet50.source.fine-tune").pretraining_images == 60_000
    assert of(folder, "resnet50.scratch").pretraining_images == 0
    assert set(had_more(read_run(folder))) == {"resnet50.source.fine-tune"}


def test_only_the_pre_training_that_a_fit_names_is_counted(folder: Path) -> None:
    def start(fit: dict[str, Any]) -> None:
        fit["identity"]["start"] = ["file", "new"]

    for file in (folder / "fits" / "resnet50.source.fine-tune").glob("seed-*/fit.json"):
        rewrite(file, start)
    for key, images in (("old", 1000), ("new", 2000)):
        append(folder, event="pretrain", variant="resnet50", key=key, images_seen=images, seconds=1)
    assert of(folder, "resnet50.source.fine-tune").pretraining_images == 2000


def test_floors_that_need_less_do_not_make_the_networks_greedy(tmp_path: Path) -> None:
    rows = (Row(name="majority", engine="scikit-learn"), Row(name="plain-cnn"), Row(name="bn-cnn"))
    folder = build(tmp_path / "run", rows, seeds=(0,), images=40)
    rewrite(folder / "tuning.json", lambda studies: studies.update(majority=[]))
    assert had_more(read_run(folder)) == {}


@pytest.mark.parametrize(
    ("name", "value", "side"),
    [
        ("learning_rate", 1e-2, "upper"),
        ("learning_rate", 1.2e-4, "lower"),
        ("learning_rate", 2e-4, None),
        ("learning_rate", 5e-3, None),
        ("dropout", 0.0, "lower"),
        ("dropout", 0.58, "upper"),
        ("dropout", 0.5, None),
        ("optimizer", "adam", None),
    ],
)
def test_a_value_within_a_twentieth_of_a_bound_is_on_the_edge(
    name: str, value: float, side: str | None
) -> None:
    found = edges(SPACE, {name: value})
    assert [edge.side for edge in found] == ([side] if side else [])


def test_a_list_has_edges_if_it_has_an_inside() -> None:
    space = {"batch_size": Categorical((32, 64, 128)), "width": Categorical((1, 2))}
    assert edges(space, {"batch_size": 128, "width": 2}) == (
        Edge("batch_size", 128.0, "upper", 128.0),
    )
    assert edges(space, {"batch_size": 64, "width": 1}) == ()
