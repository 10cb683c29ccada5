"""The page gives its tables away in the same characters as the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from benchmarks.evaluation.published import PUBLISHED
from benchmarks.machine.templates import templates
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.files.collection import tables
from benchmarks.report.files.table_formats import FORMATS
from benchmarks.report.files.tables import save_tables
from benchmarks.report.page import content, frame_of_page
from benchmarks.store.reading import read_run
from tests.folder import ROWS, build
from tests.report.browser import opened

HOSTILE = (
    "=HYPERLINK(1)",
    "+0.3 to +2.1",
    "\\end{tabular} \\\\[3cm] *",
    'a|b "c", d & 50% #1 $x$ ^~ {}',
    "<b>bold</b> `code` _em_",
    "−1.4",
    "what --dry-run --- does",
    "–",
    "one\ntwo",
    "5 × 3 ± 1 → …",
    "Ångström 表情",
)


def shown() -> Table:
    rows = [(Cell(text, link="#x"), Cell(text, "small " + text), "7") for text in HOSTILE]
    rows.append((Cell("lost"), Cell("failed: " + HOSTILE[3], span=2)))
    heads = (Column("a_b"), Column("Score, %", 'what "it" <is>'), Column("#"))
    return table("A caption with 100 % | & <tags>", heads, rows)


def page_with(one: Table) -> str:
    source = (
        '{% import "_parts.html.j2" as parts %}<!doctype html><meta charset="utf-8">'
        "<style>{{ frame.style }}</style><main>{{ parts.table(one, 'k', sortable=true) }}</main>"
        "<script>{{ frame.script }}</script>"
    )
    return templates().from_string(source).render(one=one, frame=frame_of_page())


def taken(page: Page, bar: Locator, label: str) -> str:
    with page.expect_download() as waiting:
        bar.get_by_role("button", name=label).click()
    return Path(waiting.value.path()).read_text("utf-8")


@pytest.mark.parametrize(
    ("label", "ending"), [("CSV", "csv"), ("Markdown", "md"), ("LaTeX", "tex")]
)
def test_page_and_command_line_write_hostile_tables_alike(
    browser: Browser, tmp_path: Path, label: str, ending: str
) -> None:
    place = tmp_path / "page.html"
    place.write_text(page_with(shown()), "utf-8")
    with browser.new_page() as page:
        page.goto(place.as_uri())
        assert taken(page, page.locator(".take"), label) == FORMATS[ending](shown())


def test_every_table_of_the_page_can_be_taken_with_the_keyboard_and_the_same_numbers(
    browser: Browser, folder: Path
) -> None:
    wanted = tables(content(read_run(folder)))
    with opened(browser, folder) as page:
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        for box in page.locator(".columns input").all():
            box.check()
        assert page.locator(".scroll:has(table) + .take").count() == page.locator(".scroll").count()
        bar = page.locator(".scroll.ranking + .take")
        with page.expect_download() as waiting:
            bar.get_by_role("button", name="CSV").focus()
            page.keyboard.press("Enter")
        assert Path(waiting.value.path()).read_text("utf-8") == FORMATS["csv"](
            wanted["leaderboard"]
        )
        section = page.locator(".variant", has=page.locator(".name", has_text="plain-cnn")).first
        section.locator(".hyperparameters + .take").get_by_role("button", name="LaTeX").focus()
        with page.expect_download() as waiting:
            page.keyboard.press("Enter")
        assert waiting.value.suggested_filename == "plain-cnn-hyperparameters.tex"
        found = Path(waiting.value.path()).read_text("utf-8")
        assert found == FORMATS["tex"](wanted["variants-plain-cnn-hyperparameters"])


def test_rows_and_columns_that_are_not_shown_are_not_taken(browser: Browser, folder: Path) -> None:
    with opened(browser, folder) as page:
        page.evaluate("document.querySelector('.ranking tbody tr').hidden = true")
        bar = page.locator(".scroll.ranking + .take")
        assert len(taken(page, bar, "CSV").splitlines()) == 1 + len(ROWS) + 2 - 1 + len(PUBLISHED)


def test_the_command_line_writes_every_table_in_three_forms(tmp_path: Path) -> None:
    run = read_run(build(tmp_path / "run", ROWS[1:4], images=40))
    written = save_tables(run, tmp_path / "tables")
    names = {path.name for path in written}
    for name in ("leaderboard", "comparison-pairs", "variants-plain-cnn-matrix", "gains"):
        assert {f"{name}.csv", f"{name}.md", f"{name}.tex"} <= names
    assert {path.name for path in (tmp_path / "tables").iterdir()} == names
    before = {path.name: path.read_bytes() for path in written}
    assert {
        path.name: path.read_bytes() for path in save_tables(run, tmp_path / "tables")
    } == before
