"""Answers that are given to `ferbench add` and cannot be right leave the run as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from benchmarks.store.folder import RunFolder
from tests.faults.bad_input.refusals import refused
from tests.folder import EXPRESSIONS, ROWS, build

FIRST = EXPRESSIONS[0]
Change = Callable[[pd.DataFrame], pd.DataFrame]


def first(column: str, value: object) -> Change:
    """Put ``value`` into the first line of a column."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        values = table[column].astype(object)
        values.iloc[0] = value
        return table.assign(**{column: values})

    return change


def every(function: Callable[[np.ndarray], np.ndarray]) -> Change:
    """Change all numbers."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        numbers = function(table[list(EXPRESSIONS)].to_numpy(np.float64))
        return table.assign(**dict(zip(EXPRESSIONS, numbers.T, strict=True)))

    return change


CHANGES: MappingProxyType[str, tuple[Change, str]] = MappingProxyType(
    {
        "nan": (first(FIRST, "nan"), "is no finite number"),
        "empty": (first(FIRST, ""), "an empty field is no finite number"),
        "inf": (first(FIRST, "inf"), "'inf' is no finite number"),
        "-inf": (first(FIRST, "-inf"), "'-inf' is no finite number"),
        "a word": (first(FIRST, "much"), "'much' is no finite number"),
        "a complex number": (first(FIRST, "1+2j"), "is no finite number"),
        "5000 digits": (first(FIRST, "9" * 5000), "is no finite number"),
        "a formula": (first(FIRST, "=1+1"), "is no finite number"),
        "steering text": (first(FIRST, "\x1b[2J"), "is no finite number"),
        "negative": (first(FIRST, -0.5), "do not sum to 1"),
        "beyond 1": (first(FIRST, 1.5), "do not sum to 1"),
        "huge": (first(FIRST, 1e300), "do not sum to 1"),
        "all zero": (every(np.zeros_like), "are zero for every class"),
        "all negative": (every(lambda p: -1 - p), "no set of probabilities"),
        "sums of 2": (every(lambda p: 2 * p), "sums to 2: divide by that"),
        "sigmoid": (every(np.sqrt), "as sigmoid outputs do"),
        "logits": (every(lambda p: np.log(p) + 3), "say --logits"),
        "logarithms": (every(np.log), "say --logits"),
        "half per cent": (
            every(lambda p: np.where(np.arange(len(p))[:, None] % 2, p, 100 * p)),
            "some answers sum to 1 and others to 100",
        ),
        "no lines": (lambda t: t.iloc[:0], "images have no line"),
        "a line missing": (lambda t: t.iloc[1:], "1 of 40 validation and test images have no line"),
        "half the lines": (lambda t: t.iloc[:20], "20 of 40 validation and test images"),
        "validation alone": (lambda t: t[t["split"] == "validation"], "20 of 40 validation and"),
        "a line twice that differs": (
            lambda t: pd.concat([t, first(FIRST, 0.999)(t).iloc[:1]]),
            "has several lines that differ",
        ),
        "images of another run": (lambda t: t.assign(row=t["row"] + 1000), "does not have"),
        "one image of another run": (first("row", 99999), "does not have"),
        "negative rows": (lambda t: t.assign(row=-t["row"]), "does not have"),
        "rows with fractions": (lambda t: t.assign(row=t["row"] + 0.5), "does not have"),
        "rows of words": (lambda t: t.assign(row="x"), "has several lines that differ"),
        "a blank row": (first("row", ""), "is blank"),
        "no row": (lambda t: t.drop(columns="row"), "no column row, path or image_id"),
        "a class missing": (lambda t: t.drop(columns=FIRST), f"no column {FIRST}"),
        "a class twice": (lambda t: t.assign(p_angry=0.1), f"several columns {FIRST}"),
        "wrong classes": (
            lambda t: t.rename(columns={name: f"c{name}" for name in EXPRESSIONS}),
            f"no column {FIRST}",
        ),
        "numbered classes": (
            lambda t: t.rename(columns={name: str(n) for n, name in enumerate(EXPRESSIONS)}),
            f"no column {FIRST}",
        ),
        "other labels": (
            lambda t: t.assign(label=np.roll(t["label"], 1)),
            "contradicts the run's labels",
        ),
    }
)
FILES: MappingProxyType[str, tuple[str, bytes, str]] = MappingProxyType(
    {
        "empty CSV": ("x.csv", b"", "not readable as .csv"),
        "NUL bytes": ("x.csv", b"\0" * 99, "x.csv: "),
        "a quote never closed": ("x.csv", b'row,"angry\n1,2\n', "x.csv: "),
        "HTML": ("x.csv", b"<html>", "x.csv: "),
        "200,000 columns": ("x.csv", b"row" + b",a" * 200_000, "x.csv: "),
        "half a Parquet": ("x.parquet", b"PAR1" + bytes(99), "not readable as .parquet"),
        "CSV named Parquet": ("x.parquet", b"row,angry\n1,2\n", "not readable as .parquet"),
        "a spreadsheet": ("x.xlsx", b"PK", "is .csv or .parquet"),
        "JSON": ("x.json", b"{}", "is .csv or .parquet"),
        "a pickle": ("x.pkl", b"\x80", "is .csv or .parquet"),
        "no suffix": ("x", b"row\n", "is .csv or .parquet"),
    }
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("runs") / "run", ROWS[:2], seeds=(0,), images=20)
    RunFolder(folder).lock.touch()  # as every run leaves it
    return folder


@pytest.fixture
def run(made: Path, place: Path) -> Path:
    return Path(shutil.copytree(made, place / "run"))


def sound(run: Path) -> pd.DataFrame:
    splits = pd.read_parquet(run / "splits.parquet")
    asked = splits[splits["split"] != "train"].reset_index(drop=True)
    numbers = np.random.default_rng(0).dirichlet(np.ones(len(EXPRESSIONS)), len(asked))
    table = asked[["row", "split"]].assign(label=[EXPRESSIONS[label] for label in asked["label"]])
    return table.assign(**dict(zip(EXPRESSIONS, numbers.T, strict=True)))


@pytest.mark.parametrize("case", CHANGES)
def test_a_table_that_cannot_be_right_is_refused(case: str, run: Path, place: Path) -> None:
    change, said = CHANGES[case]
    table = change(sound(run))
    table.drop(columns=["split"] + ["label"] * (case != "other labels")).to_csv(
        "x.csv", index=False
    )
    line = refused(place, "add", "run", "--name", "theirs", "--predictions", "x.csv")
    assert line.startswith("x.csv: ") and said in line, line


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_table_is_refused(case: str, run: Path, place: Path) -> None:
    name, content, said = FILES[case]
    (place / name).write_bytes(content)
    line = refused(place, "add", "run", "--name", "theirs", "--predictions", name)
    assert said in line, line
