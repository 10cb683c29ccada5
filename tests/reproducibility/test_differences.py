"""The first cell in which a rendered file differs is named; another way to draw is not."""

from __future__ import annotations

import base64
import hashlib

import pytest

from benchmarks.reproducibility.differences import first_difference_in

CSV = "variant,accuracy\na,0.5\nb,0.25\n"
JSON = '[{"variant": "a", "accuracy": 0.5}, {"variant": "b", "accuracy": null}]'
PAGE = """<h1>Run</h1><p>Two variants.</p><svg><path d="M1"/></svg>
<table><caption>Board</caption>
<thead><tr><td></td><th>Accu<wbr>racy</th></tr></thead>
<tbody><tr><th>a.<wbr>b</th><td data-sort="0.5">50.0<small>40 to 60</small></td></tr></tbody>
</table>
<script type="application/json" id="counts">[95]</script>
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
        ("a.html", PAGE, ("[95]", "[96]"), "a figure"),
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


def scripted(script: str, *, allowed: str, text: str = "Two") -> str:
    digest = base64.b64encode(hashlib.sha256(allowed.encode()).digest()).decode()
    policy = f"script-src 'sha256-{digest}'; img-src data:"
    return (
        f'<head><meta http-equiv="Content-Security-Policy" content="{policy}"></head>'
        f"<style>p {{ color: {len(script)} }}</style><p>{text}</p><script>{script}</script>"
    )


def test_a_page_of_an_earlier_style_and_script_does_not_differ() -> None:
    earlier, now = (scripted(script, allowed=script) for script in ("let a", "let later"))
    assert differs("a.html", earlier, now) == ""
    changed = scripted("let a", allowed="let a", text="Six")
    assert "is 'Six'; the predictions give 'Two'" in differs("a.html", changed, now)


def test_a_script_that_is_not_the_one_of_its_policy_is_found() -> None:
    changed, now = scripted("steal()", allowed="let a"), scripted("let a", allowed="let a")
    assert "a script is not the one" in differs("a.html", changed, now)


def test_a_policy_that_allows_more_than_one_script_is_found() -> None:
    now = scripted("let a", allowed="let a")
    wider = now.replace("script-src", "script-src 'sha256-AAAA'")
    assert "script-src" in differs("a.html", wider, now)


def test_a_longer_page_differs() -> None:
    assert "where it should end" in differs("a.html", PAGE + "<p>more</p>", PAGE)


def test_two_long_texts_are_told_from_where_they_part() -> None:
    begun = "<p>" + 200 * "a"
    told = differs("a.html", f"{begun} b</p>", f"{begun} c</p>")
    assert "a b'" in told
    assert "a c'" in told
    assert len(told) < 200
