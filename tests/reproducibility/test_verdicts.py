"""What a reproduction is called, and what it says differs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.machine.environment import CodeState
from benchmarks.reproducibility.verdicts import differences, unmade, verdicts
from benchmarks.store.files import write_table
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_fit, read_manifest, read_run
from benchmarks.store.records import Manifest
from benchmarks.store.writing import write_fit, write_manifest
from tests.folder import EXPRESSIONS, ROWS, build

COLUMNS = [f"p_{name}" for name in EXPRESSIONS]
NAMES = ("plain-cnn", "augmented-cnn")


@pytest.fixture
def original(tmp_path: Path) -> Path:
    return build(tmp_path / "original", ROWS[1:3], seeds=(0, 1), images=300)


@pytest.fixture
def again(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "again"))


def answer(folder: Path, change: Any, seed: int = 0) -> None:
    """Change the probabilities (N×K) of plain-cnn's fit."""
    file = folder / "fits" / "plain-cnn" / f"seed-{seed}" / "predictions.parquet"
    table = pd.read_parquet(file)
    table[COLUMNS] = change(table[COLUMNS].to_numpy(np.float64).copy())
    write_table(file, table)


def on(manifest: Manifest, **changes: Any) -> dict[str, Any]:
    """Return the change of ``manifest`` to another machine."""
    return {"environment": manifest.environment.model_copy(update=changes)}


def judged(original: Path, again: Path) -> dict[tuple[str, int], str]:
    found = verdicts(read_run(original), read_run(again), NAMES)
    return {(verdict.variant, verdict.seed): verdict.judgement for verdict in found}


def edited(folder: Path, **changes: Any) -> None:
    """Change a run's manifest, which is then of committed code unless ``git`` is given."""
    manifest = read_manifest(folder)
    changes.setdefault("git", manifest.git.model_copy(update={"dirty": False}))
    write_manifest(RunFolder(folder), replace(manifest, **changes))


def test_the_same_probabilities_are_bit_identical(original: Path, again: Path) -> None:
    assert set(judged(original, again).values()) == {"bit-identical"}
    assert len(judged(original, again)) == 4


def test_one_changed_bit_is_told_from_none(original: Path, again: Path) -> None:
    def nudge(probabilities: np.ndarray) -> np.ndarray:
        probabilities[-1, 0] = np.nextafter(probabilities[-1, 0], 1)
        return probabilities

    answer(again, nudge)
    found = judged(original, again)
    assert found["plain-cnn", 0] == "equal within the stated spread"
    assert found["plain-cnn", 1] == "bit-identical"


def test_an_accuracy_outside_the_stated_interval_is_different(original: Path, again: Path) -> None:
    def worsen(probabilities: np.ndarray) -> np.ndarray:
        probabilities[-60:] = np.roll(probabilities[-60:], 1, axis=1)
        return probabilities

    answer(again, worsen)
    assert judged(original, again)["plain-cnn", 0] == "different"


def test_an_equal_accuracy_with_other_answers_is_different(original: Path, again: Path) -> None:
    labels = read_run(original).variants[0].fits[0].test.labels
    half = len(labels) // 2

    def right_in(part: slice) -> Any:
        answers = (labels + 1) % len(EXPRESSIONS)
        answers[part] = labels[part]

        def change(probabilities: np.ndarray) -> np.ndarray:
            probabilities[-len(labels) :] = np.eye(len(EXPRESSIONS))[answers] * 0.93 + 0.01
            return probabilities

        return change

    answer(original, right_in(slice(None, half)))
    answer(again, right_in(slice(half, None)))
    found = verdicts(read_run(original), read_run(again), NAMES)[0]
    assert (found.accuracy, found.again, found.agreement) == (0.5, 0.5, 0)
    assert found.judgement == "different"


def test_a_fit_that_was_not_made_again_is_different_and_says_why(
    original: Path, again: Path
) -> None:
    shutil.rmtree(again / "fits" / "plain-cnn")
    found = verdicts(read_run(original), read_run(again), NAMES)[0]
    assert (found.judgement, found.again) == ("different", None)
    assert "no fit" in found.reason
    assert [v.reason for v in unmade(read_run(original), ("plain-cnn",), "x")] == ["x", "x"]


def test_equal_runs_differ_in_nothing_but_their_uncommitted_changes(
    original: Path, again: Path
) -> None:
    for folder in (original, again):
        edited(folder)
    assert differences(read_run(original), read_run(again)) == ()


@pytest.mark.parametrize(
    ("kind", "what", "value", "change"),
    [
        ("data", "digest", "ff" * 32, lambda m, x: {"split": replace(m.split, digest=x)}),
        ("data", "digest", "ff" * 32, lambda m, x: {"data": replace(m.data, digest=x)}),
        ("code", "commit", "f" * 40, lambda m, x: {"git": CodeState(commit=x, dirty=False)}),
        ("versions", "python", "3.12.0", lambda m, x: on(m, python=x)),
        ("versions", "keras", "3.16.0", lambda m, x: on(m, libraries={"keras": x})),
        ("hardware", "cpu", "another processor", lambda m, x: on(m, cpu=x)),
    ],
)
def test_what_differs_is_named_with_its_kind(
    original: Path,
    again: Path,
    kind: str,
    what: str,
    value: str,
    change: Callable[[Manifest, str], dict[str, Any]],
) -> None:
    edited(original)
    edited(again, **change(read_manifest(again), value))
    (found,) = differences(read_run(original), read_run(again))
    assert found.kind == kind
    assert what in found.what
    assert value[:10] in found.what


def test_other_hyperparameters_are_named(original: Path, again: Path) -> None:
    place = RunFolder(again).fit("plain-cnn", 0)
    fit = read_fit(place)
    write_fit(place, replace(fit, hyperparameters={**fit.hyperparameters, "dropout": 0.25}))
    told = [d.what for d in differences(read_run(original), read_run(again)) if d.kind == "tuning"]
    assert told == ["plain-cnn: dropout is 0.25 here and 0.41 there"]
