"""CSV: no text is a formula, numbers stay numbers, and names come back as they were."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.exchange.adding.given_table import read_table
from benchmarks.machine.spreadsheets import frame_csv, guarded, unguarded, write_rows
from benchmarks.report.files.leaderboard import as_csv
from benchmarks.store.laboratory import mistakes_csv
from benchmarks.use.faces import Box
from benchmarks.use.formats import write_csv
from benchmarks.use.pictures import FaceAnswer, File

ROOT = Path(__file__).resolve().parents[1]
TEXTS = st.text(st.sampled_from("=+-@\t\r\n'＝ a1,;\"") | st.characters(codec="utf-8"), max_size=8)
FORMULAS = ["=1+1", "+1+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''-x", "＝1", "-"]


@given(TEXTS)
def test_a_text_comes_back_and_begins_as_no_formula(text: str) -> None:
    field = guarded(text)
    assert unguarded(field) == text
    assert not re.match(r"[=@\t\r\n＝＋－＠]|[-+](?![0-9])", field)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+0.5", "-0.3 to +2.1", "a=b", "it's", "'a'", "", "1,024"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text == unguarded(text)


def test_numbers_stay_numbers() -> None:
    file = io.StringIO()
    write_rows(file, [["=a", -1, -0.5, 1e-9, None]])
    assert file.getvalue() == "'=a,-1,-0.5,1e-09,\n"


def fields(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.tuples(TEXTS, st.floats(), st.booleans()), min_size=1, max_size=4))
def test_a_table_read_again_has_its_names_and_numbers(rows: list[tuple[str, float, bool]]) -> None:
    frame = pd.DataFrame(rows, columns=["=name", "score", "same"])
    heads, *lines = fields(frame_csv(frame))
    assert heads == ["'=name", "score", "same"]
    for (name, score, same), line in zip(rows, lines, strict=True):
        assert unguarded(line[0]) == name
        assert line[2] == str(same)
        assert line[1] == ("" if np.isnan(score) else repr(score))


@pytest.mark.parametrize("write", [as_csv, mistakes_csv])
def test_the_leaderboard_and_the_laboratory_write_so(write) -> None:
    frame = pd.DataFrame({"variant": ["a", "b"], "n": [1, 2], "gain": [-0.5, np.nan]})
    assert write(frame) == frame.to_csv(index=False, lineterminator="\n")
    text = write(pd.DataFrame({"variant": FORMULAS, "gain": -0.5}))
    assert [line[0] for line in fields(text)[1:]] == [f"'{name}" for name in FORMULAS]
    assert {line[1] for line in fields(text)[1:]} == {"-0.5"}


def test_answers_to_pictures_are_read_again_as_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = FaceAnswer(Box(1, 2, 3), np.array([0.75, 0.25]))
    names = ["=1+1.png", "-x.png", "@a,b.png", "plain.png", "'=y.png"]
    write_csv(((File(Path(name), Path(name)), [answer]) for name in names), ("=1+1", "sad"))
    text = capsys.readouterr().out
    assert fields(text)[1] == ["'=1+1.png", "1", "2", "3", "'=1+1", "0.75", "0.25"]
    (tmp_path / "given.csv").write_text(text, "utf-8")
    table = read_table(tmp_path / "given.csv")
    assert table["path"].tolist() == names
    assert table["p_=1+1"].tolist() == [0.75] * len(names)


def test_nobody_else_writes_csv_that_people_open() -> None:
    """The history of a fit holds numbers alone."""
    known = {"benchmarks/machine/spreadsheets.py", "benchmarks/store/history.py"}
    calls = ("csv.writer", "csv.DictWriter", ".to_csv")
    found = {
        str(file.relative_to(ROOT))
        for room in ("benchmarks", "datasets", "models")
        for file in (ROOT / room).rglob("*.py")
        if any(call in file.read_text("utf-8") for call in calls)
    }
    assert found == known
