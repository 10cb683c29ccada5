"""The first cell in which a rendered file differs is named; another way to draw is not."""

from __future__ import annotations

import pytest

from benchmarks.reproducibility.differences import first_difference_in

CSV = "variant,accuracy\na,0.5\nb,0.25\n"
JSON = '[{"variant": "a", "accuracy": 0.5}, {"variant": "b", "accuracy": null}]'
PAGE = """<h1>Run</h1><p>Two variants.</p><svg><path d="M1"/></svg>
<table><caption>Board</caption>
<thead><tr><td></td><th>Accu<wbr>racy</th></tr></thead>
<tbody><tr><th>a.<wbr>b</th><td data-sort="0.5">50.0<small>40 to 60</small></td></tr></tbody>
</table>
"""


def differs(name: str, stored: str, computed: str, drawings: bool = True) -> str:
    return first_difference_in(name, stored, computed, drawings=drawings) or ""


@pytest.mark.parametrize(("name", "text"), [("a.csv", CSV), ("a.json", JSON), ("a.html", PAGE)])
def test_the_same_text_does_not_differ(name: str, text: str) -> None:
    assert differs(name, text, text) == ""


@pytest.mark.parametrize(
    ("name", "text", "change", "where"),
    [
        ("a.csv", CSV, ("0.25", "0.26"), "b, accuracy is '0.26'; the predictions give '0.25'"),
        ("a.csv", CSV, ("\nb,0.25", ""), "ends where there should be 'b, variant'"),
        ("a.csv", CSV, ("accuracy", "acuracy"), "'a, acuracy'"),
        ("a.json", JSON, ("null", "1"), "b, accuracy is '1'; the predictions give 'null'"),
        ("a.json", JSON, ("null", "nul"), "cannot be read"),
        ("a.html", PAGE, ("50.0<", "51.0<"), "Board, a.b, Accuracy is '51.0'"),
        ("a.html", PAGE, ("40 to", "41 to"), "Board, a.b, Accuracy is '41 to 60'"),
        ("a.html", PAGE, ('"0.5"', '"0.6"'), "Board, a.b, Accuracy, data-sort is '0.6'"),
        ("a.html", PAGE, ("Two", "Six"), "the text under “Run” is 'Six variants.'"),
        ("a.html", PAGE, ("M1", "M2"), "a figure"),
    ],
)
def test_the_first_cell_that_differs_is_named(
    name: str, text: str, change: tuple[str, str], where: str
) -> None:
    assert text.count(change[0]) == 1
    assert where in differs(name, text.replace(*change), text)


def test_the_last_digit_of_a_sum_does_not_differ() -> None:
    assert differs("a.csv", CSV.replace("0.25", "0.2500000000000001"), CSV) == ""
    assert differs("a.csv", CSV.replace("0.25", "0.2500001"), CSV) != ""


def test_figures_of_another_matplotlib_do_not_differ() -> None:
    assert differs("a.html", PAGE.replace("M1", "M2"), PAGE, drawings=False) == ""


def test_a_longer_page_differs() -> None:
    assert "where it should end" in differs("a.html", PAGE + "<p>more</p>", PAGE)


def test_two_long_texts_are_told_from_where_they_part() -> None:
    begun = "<p>" + 200 * "a"
    told = differs("a.html", f"{begun} b</p>", f"{begun} c</p>")
    assert "a b'" in told
    assert "a c'" in told
    assert len(told) < 200
