"""Verifying a run names whatever does not hold, whichever file it stands in."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.report.page import render
from benchmarks.reproducibility.verify import verify
from benchmarks.store.digests import published, write_digests
from benchmarks.store.files import write_table, write_values
from tests.folder import ROWS, build


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run of two variants that were scored and one that was not."""
    rows = (*ROWS[1:3], ROWS[-1])
    folder = build(tmp_path_factory.mktemp("runs") / "run", rows, seeds=(0,), images=30, epochs=3)
    (folder / "log.txt").write_text("what the libraries said", "utf-8")
    render(folder)
    write_digests(folder)
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def told(run: Path) -> dict[str, str]:
    return {finding.where: finding.what for finding in verify(run)}


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    write_values(path, content)


def test_a_run_as_it_was_made_holds_wherever_it_lies(run: Path) -> None:
    assert verify(run) == []


@pytest.mark.parametrize(
    "place",
    [pytest.param(0.0, marks=pytest.mark.slow), 0.5, pytest.param(1.0, marks=pytest.mark.slow)],
)
def test_a_changed_byte_is_named_whatever_file_it_is_in(run: Path, place: float) -> None:
    names = [*published(run), "digests.json"]
    assert len(names) > 12
    for name in names:
        whole = (run / name).read_bytes()
        at = round(place * (len(whole) - 1))
        (run / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert name in {finding.where for finding in verify(run)}, name
        (run / name).write_bytes(whole)


def test_a_missing_and_an_extra_file_are_named(run: Path) -> None:
    (run / "fits" / "plain-cnn" / "seed-0" / "history.csv").unlink()
    (run / "extra.txt").touch()
    found = told(run)
    assert "missing" in found["fits/plain-cnn/seed-0/history.csv"]
    assert "not in digests.json" in found["extra.txt"]


@pytest.mark.parametrize(
    ("name", "pattern", "where"),
    [
        ("leaderboard.csv", r"0\.\d{6,}", r"(plain|augmented)-cnn, accuracy is '9\.5'"),
        ("leaderboard.json", r"0\.\d{6,}", r"(plain|augmented)-cnn, accuracy is '9\.5'"),
        (
            "leaderboard.html",
            r"(?<=>)\d\d\.\d(?=<small>)",
            r"-cnn, (Accuracy|Without duplicates|Macro-F1), % is '9\.5'",
        ),
    ],
)
def test_a_number_that_the_predictions_do_not_give_is_named_with_its_cell(
    run: Path, name: str, pattern: str, where: str
) -> None:
    text = (run / name).read_text("utf-8")
    (run / name).write_text(re.sub(pattern, "9.5", text, count=1), "utf-8")
    write_digests(run)
    assert list(told(run)) == [name]
    assert re.search(where, told(run)[name]), told(run)[name]
    render(run)
    assert verify(run) == []


def test_changed_predictions_are_noticed_without_their_digest(run: Path) -> None:
    file = run / "fits" / "plain-cnn" / "seed-0" / "predictions.parquet"
    table = pd.read_parquet(file)
    table.loc[:, ["p_angry", "p_sad"]] = table[["p_sad", "p_angry"]].to_numpy().copy()
    write_table(file, table)
    write_digests(run)
    assert set(told(run)) == {"leaderboard.html", "leaderboard.csv", "leaderboard.json"}


def test_predictions_for_other_labels_are_noticed_without_their_digest(run: Path) -> None:
    file = run / "fits" / "plain-cnn" / "seed-0" / "predictions.parquet"
    table = pd.read_parquet(file)
    table.loc[3, "label"] = (table["label"][3] + 1) % 7
    write_table(file, table)
    write_digests(run)
    assert "not those of splits.parquet" in told(run)["fits/plain-cnn/seed-0/predictions.parquet"]


def test_another_split_than_the_manifests_is_noticed(run: Path) -> None:
    splits = pd.read_parquet(run / "splits.parquet")
    splits.loc[0, "path"] = "another.png"
    write_table(run / "splits.parquet", splits)
    write_digests(run)
    assert "split.training_digest" in told(run)["splits.parquet"]


def test_another_protocol_than_its_digest_is_noticed(run: Path) -> None:
    edit(run / "manifest.json", lambda manifest: manifest["protocol"].update(seed=7))
    write_digests(run)
    assert "protocol_digest" in told(run)["manifest.json"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda fit: fit.update(key="ab" * 32), "not the digest of its identity"),
        (lambda fit: fit["hyperparameters"].update(dropout=0.1), "recipe.dropout"),
        (lambda fit: fit["versions"].update(keras="2.0"), "versions.keras"),
        (lambda fit: fit.update(threads=8), "threads"),
    ],
)
def test_a_fit_that_was_not_trained_as_it_says_is_named(
    run: Path, change: Callable[[Any], Any], what: str
) -> None:
    edit(run / "fits" / "plain-cnn" / "seed-0" / "fit.json", change)
    write_digests(run)
    found = [f.what for f in verify(run) if f.where == "fits/plain-cnn/seed-0/fit.json"]
    assert any(what in each for each in found), found


def test_predictions_and_cost_of_another_fit_are_named(run: Path) -> None:
    for name in ("seed-0/predictions.parquet", "cost.json"):
        shutil.copy(run / "fits/augmented-cnn" / name, run / "fits/plain-cnn" / name)
    write_digests(run)
    render(run)
    assert set(told(run)) == {
        "fits/plain-cnn/cost.json",
        "fits/plain-cnn/seed-0/predictions.parquet",
    }


def test_a_scored_fit_without_its_opening_is_named(run: Path) -> None:
    lines = (run / "ledger.jsonl").read_text("utf-8").splitlines(keepends=True)
    (run / "ledger.jsonl").write_text("".join(lines[1:]) + '{"event": "tr', "utf-8")
    write_digests(run)
    render(run)
    found = [finding.what for finding in verify(run)]
    assert any("no opening of the test set for fits/plain-cnn/seed-0" in what for what in found)
    assert any("line 2 cannot be read" in what for what in found)


def test_a_run_under_way_is_told_from_a_changed_one(run: Path) -> None:
    (run / "digests.json").unlink()
    assert list(told(run)) == ["digests.json"]
    assert "under way" in told(run)["digests.json"]


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a results folder"):
        verify(tmp_path)
