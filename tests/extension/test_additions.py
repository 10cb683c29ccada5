"""What is added by one row or one class goes from the command line to the page."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.engine_process import ROOT
from tests.extension.additions import (
    EXECUTOR,
    FILE,
    FORMAT_ROW,
    LABORATORY,
    OUTSIDE,
    PAGE_ROWS,
    PROTOCOL,
    ROWS,
    WRITER,
)
from tests.plugins.executing import carry_out
from tests.plugins.packages import install
from tests.runs.commands import ferbench

EXAMPLE = ROOT / "tests" / "plugins" / "example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the additions."""
    folder = tmp_path_factory.mktemp("additions")
    (folder / "mine.py").write_text(FILE, "utf-8")
    (folder / "sitecustomize.py").write_text(ROWS, "utf-8")
    return folder


def carried_out(folder: Path, protocol: str) -> Path:
    """Carry out ``protocol`` with the additions; return the results folder."""
    file, run = folder / "protocol.toml", folder / "run"
    file.write_text(protocol, "utf-8")
    done = ferbench(
        *("run", file, "--plugin", folder / "mine.py", "--out", run),
        PYTHONPATH=f"{folder}{os.pathsep}{ROOT}",
        FERBENCH_CACHE=str(folder / "cache"),
    )
    assert done.status == 0, done.err
    return run


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (carried_out(folder, PROTOCOL) / "leaderboard.html").read_text("utf-8")


def test_a_model_of_one_file_is_on_the_page(page: str) -> None:
    assert "my-network" in page


def test_a_data_set_of_one_file_is_on_the_page(page: str) -> None:
    assert "my-data" in page


def test_a_corruption_of_one_row_is_on_the_page(page: str) -> None:
    assert "Fewer greys" in page
    assert "the width of a step of grey" in page


def test_a_metric_of_one_row_selects_the_epochs_though_it_is_never_above_zero(
    folder: Path, page: str
) -> None:
    fit = folder / "run" / "fits" / "my-network" / "seed-0"
    history = pd.read_csv(fit / "history.csv").set_index("epoch")["validation_lead"]
    assert (history < 0).all()
    record = json.loads((fit / "fit.json").read_text("utf-8"))
    assert record["best_epoch"] == history.idxmax()
    assert record["validation"] == history.max()
    assert "the epoch with the best validation lead were kept" in page


def test_an_export_format_of_one_row_and_its_writer_leaves_as_a_file(
    folder: Path, page: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(ROWS + FORMAT_ROW, "utf-8")
    (tmp_path / "arrays.py").write_text(WRITER, "utf-8")
    file = tmp_path / "model.npz"
    done = ferbench(
        *("export", folder / "run" / "my-network", "--format", "arrays", "-o", file),
        *("--plugin", folder / "mine.py"),
        PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}",
    )
    assert done.status == 0, done.err
    card = json.loads(file.with_name("model.npz.json").read_text("utf-8"))
    assert (card["format"], card["variant"], card["classes"]) == (
        "arrays",
        "my-network",
        ["left", "right"],
    )
    with np.load(file) as kept:
        assert json.loads(str(kept["card"])).items() <= card.items()
        assert kept["head/weight"].shape == (2, 4)


@pytest.fixture(scope="module")
def reported(folder: Path, page: str) -> Path:
    """The run, its page rendered anew with a column and a section more."""
    rows = folder / "rows"
    rows.mkdir()
    (rows / "sitecustomize.py").write_text(ROWS + PAGE_ROWS, "utf-8")
    done = ferbench(
        *("report", folder / "run"),
        PYTHONPATH=f"{rows}{os.pathsep}{ROOT}",
        FERBENCH_CACHE=str(folder / "cache"),
    )
    assert done.status == 0, done.err
    return folder / "run"


def test_a_column_of_one_row_is_in_the_table_and_on_the_page(reported: Path) -> None:
    assert "longest_fit" in pd.read_csv(reported / "leaderboard.csv").columns
    assert "Longest fit, epochs" in (reported / "leaderboard.html").read_text("utf-8")


def test_a_section_of_one_row_is_on_the_page_and_in_its_list(reported: Path) -> None:
    shown = (reported / "leaderboard.html").read_text("utf-8")
    assert '<a href="#names">Names</a>' in shown
    assert "Names alone" in shown and "my-network" in shown


def test_a_mistake_of_one_row_is_on_the_page_of_the_laboratory(
    folder: Path, tmp_path: Path
) -> None:
    for file in folder.glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    run = carried_out(tmp_path, LABORATORY)
    effects = pd.read_csv(run / "leaks.csv").set_index("mistake")
    assert effects.loc["worst-of-seeds", "status"] == "ok"
    assert "Reporting the worst of several seeds" in (run / "leaks.html").read_text("utf-8")


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an engine and an executor of packages came to: ``jobs.txt``, and the folder ``run``."""
    folder = tmp_path_factory.mktemp("outside")
    install(folder, "row", "ferbench.engines", "ferbench_example.engine:SOFTMAX", "")
    install(folder, "network", "ferbench.models", "ferbench_example.models:softmax", "")
    install(folder, "noting", "ferbench.executors", "noting:NOTING", EXECUTOR)
    protocol = folder / "protocol.toml"
    protocol.write_text(OUTSIDE, "utf-8")
    path = os.pathsep.join(map(str, (folder, EXAMPLE, ROOT)))
    cache = str(folder / "cache")
    carry_out(protocol, folder / "run", "noting", PYTHONPATH=path, FERBENCH_CACHE=cache)
    return folder


def test_an_engine_of_one_row_is_on_the_page(outside: Path) -> None:
    board = pd.read_csv(outside / "run" / "leaderboard.csv").set_index("variant")
    assert board.loc["example-softmax", "status"] == "ok"
    shown = (outside / "run" / "leaderboard.html").read_text("utf-8")
    assert "example-softmax" in shown
    assert f", with NumPy {version('numpy')} and Optuna" in shown


def test_an_executor_of_one_class_ran_the_jobs_that_the_page_is_made_of(outside: Path) -> None:
    notes = (outside / "jobs.txt").read_text("utf-8").splitlines()
    assert {"FitJob example-softmax", "ScoreJob example-softmax"} <= set(notes)
