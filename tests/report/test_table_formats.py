"""Tables leave the page as CSV, Markdown and LaTeX, whatever text stands in them."""

from __future__ import annotations

import csv
import io
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.report.elements.elements import Cell, Column, table
from benchmarks.report.files.collection import tables
from benchmarks.report.files.table_formats import csv_of, escape_latex, flat, latex_of, markdown_of

HOSTILE = st.text(
    st.one_of(st.sampled_from("\\{}[]$&#_%~^|`*<>-=+@'\"\n\r\t –−±…é笑"), st.characters()),
    max_size=12,
)
CELLS = st.tuples(HOSTILE, HOSTILE, HOSTILE)


def made(rows: list[tuple[str, ...]], caption: str = "a caption"):
    heads = (Column("Name", numeric=False), Column("Score, %"), Column("Why"))
    return table(caption, heads, rows)


@given(st.lists(CELLS, max_size=4))
def test_csv_read_again_has_the_same_text_and_no_formula(rows):
    read = list(csv.reader(io.StringIO(csv_of(made(rows)))))
    assert len(read) == 1 + len(rows)
    for line, row in zip(read[1:], rows, strict=True):
        for field, text in zip(line, row, strict=True):
            plain = flat(text)
            assert field in (plain, f"'{plain}", plain.replace("−", "-"), "")
            assert not re.match(r"[=@]|[-+](?![0-9])", field)


@given(CELLS, HOSTILE)
def test_latex_keeps_hostile_text_from_being_a_command(row, caption):
    latex = latex_of(made([row], caption))
    body = re.sub(
        r"\\(?:textbackslash|textasciitilde|textasciicircum|textless|textgreater)\{\}", "", latex
    )
    body = re.sub(r"\\(?:textbar|textasciigrave|dots)\{\}", "", body)
    body = re.sub(r"\$(?:-|\\pm|\\times|\\to|\\leq|\\geq)\$", "", body)
    body = re.sub(r"\\[{}$&#_%]", "", body)
    known = {
        "begin",
        "end",
        "centering",
        "caption",
        "toprule",
        "midrule",
        "bottomrule",
        "\\",
        "usepackage",
        "linewidth",
        "textheight",
    }
    assert set(re.findall(r"\\([a-z]+|.)", body)) <= known
    assert body.count("{") == body.count("}")
    assert body.count("$") == body.count("#") == body.count("^") == body.count("~") == 0
    assert body.count("%") == 1
    assert body.count("&") == 4
    assert len(body.splitlines()) == 14


@given(CELLS)
def test_markdown_keeps_a_row_a_row(row):
    line = markdown_of(made([row])).splitlines()[-1]
    assert len(re.findall(r"(?<!\\)\|", re.sub(r"\\\\", "", line))) == 4
    assert "<" not in line


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+2", "'+1+2"),
        ("-x", "'-x"),
        ("−1.4", "-1.4"),
        ("+0.3 to +2.1", "+0.3 to +2.1"),
        ("−0.3 to +2.1", "-0.3 to +2.1"),
        ("–", ""),
        ("a\n b", "a; b"),
    ],
)
def test_csv_fields(text, field):
    assert list(csv.reader(io.StringIO(csv_of(made([("x", text, "y")])))))[1][1] == field


def test_what_stands_small_has_a_column_of_its_own_in_csv_and_brackets_elsewhere():
    shown = made(
        [("net", Cell("68.7", "67.2 to 70.1"), "ok"), ("lost", Cell("failed: why", span=2))]
    )
    assert csv_of(shown) == (
        'Name,"Score, %","Score, % (note)",Why\nnet,68.7,67.2 to 70.1,ok\nlost,failed: why,,\n'
    )
    assert "| net | 68.7 (67.2 to 70.1) | ok |" in markdown_of(shown)
    assert r"net & 68.7 {\footnotesize (67.2 to 70.1)} & ok \\" in latex_of(shown)
    assert r"lost & \multicolumn{2}{l}{failed: why} \\" in latex_of(shown)


def test_columns_of_numbers_stand_to_the_right():
    assert r"\begin{tabular}{lrl}" in latex_of(made([("a", "−1.4", "b"), ("c", "–", "d")]))


def test_a_table_without_rows_is_still_one():
    assert csv_of(made([])) == 'Name,"Score, %",Why\n'
    assert r"\begin{tabular}{lll}" in latex_of(made([]))


def test_no_row_begins_with_what_latex_takes_for_an_option():
    assert escape_latex("[2pt] *") == "{[}2pt{]} {*}"


def test_tables_of_one_name_have_files_of_their_own():
    one, other = made([]), made([("x", "y", "z")])
    page = SimpleNamespace(exports=lambda: [("part A caption", one), ("part a caption", other)])
    assert tables(page) == {"part-a-caption": one, "part-a-caption-2": other}
