"""All ranked rows should share precision, threads, hardware and versions; others are marked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.evaluation.conditions import conditions, departures, hardware, timed_apart
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.store.files import write_values
from benchmarks.store.reading import read_run
from tests.folder import ROWS, Row, build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[:4], seeds=(0, 1), images=40, precision="float32")


def change(folder: Path, variant: str, seeds: tuple[int, ...] = (0, 1), **facts: Any) -> None:
    for seed in seeds:
        path = folder / "fits" / variant / f"seed-{seed}" / "fit.json"
        write_values(path, json.loads(path.read_text("utf-8")) | facts)


def test_rows_made_alike_are_not_marked(folder: Path) -> None:
    run = read_run(folder)
    assert departures(run) == {}
    assert {c.name: c.usual for c in conditions(run)} == {
        "precision": "float32",
        "threads": "1",
        "hardware": "CPU",
        "keras": "3.15.1",
    }


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"precision": "bfloat16"}, "bfloat16, not float32"),
        ({"threads": 4}, "threads 4, not 1"),
        ({"versions": {"keras": "3.16.0"}}, "keras 3.16.0, not 3.15.1"),
    ],
)
def test_a_row_that_differs_is_marked(folder: Path, facts: dict[str, Any], told: str) -> None:
    change(folder, "plain-cnn", **facts)
    assert departures(read_run(folder)) == {"plain-cnn": (told,)}


def test_one_seed_that_differs_marks_its_row(folder: Path) -> None:
    change(folder, "plain-cnn", (1,), threads=2)
    assert departures(read_run(folder)) == {"plain-cnn": ("threads 1 and 2, not 1",)}


def test_what_the_protocol_asks_for_is_usual_though_most_rows_differ(folder: Path) -> None:
    for variant in ("majority", "augmented-cnn", "resnet50.scratch"):
        change(folder, variant, precision="bfloat16")
    marked = departures(read_run(folder))
    assert set(marked) == {"augmented-cnn", "resnet50.scratch"}


def test_a_library_that_other_rows_do_not_use_marks_nobody(folder: Path) -> None:
    change(folder, "plain-cnn", versions={"torch": "2.15.0"})
    assert departures(read_run(folder)) == {}


def test_times_of_other_hardware_do_not_compare(folder: Path) -> None:
    change(folder, "plain-cnn", device="GPU one")
    run = read_run(folder)
    assert timed_apart(run) == {"plain-cnn"}
    by_name = {variant.name: hardware(variant) for variant in run.ranked}
    assert by_name["plain-cnn"] == "GPU one and CPU"
    board = leaderboard(run).set_index("variant")
    assert board["hardware"].to_dict() == by_name


def test_conditions_that_old_runs_did_not_record_are_left_out(folder: Path) -> None:
    for variant in ("majority", "plain-cnn", "augmented-cnn", "resnet50.scratch"):
        change(folder, variant, precision="", threads=None, versions={})
    assert [c.name for c in conditions(read_run(folder))] == ["hardware"]


def test_an_engine_of_one_precision_did_not_choose_it(tmp_path: Path) -> None:
    rows = (*ROWS[1:3], Row(name="pixel-logistic", engine="scikit-learn"))
    place = build(tmp_path / "run", rows, seeds=(0, 1), images=40, precision="bfloat16")
    change(place, "pixel-logistic", precision="float32")
    assert departures(read_run(place)) == {}
