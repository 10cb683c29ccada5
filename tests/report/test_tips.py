"""What a column means is one tooltip away: by mouse, by keyboard, by touch, without script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.metrics import METRICS
from benchmarks.report.elements.elements import Column
from benchmarks.report.elements.outline import glossary
from benchmarks.report.page import content
from benchmarks.store.reading import read_run
from tests.report.browser import opened

MACRO_F1 = "What is meant by Macro-F1, %"


def meaning(page: Page):
    return page.locator(".meaning:popover-open")


def test_every_definition_is_in_the_page_once_and_every_tip_has_its_own(
    browser: Browser, folder: Path
) -> None:
    shown = content(read_run(folder)).exports()
    wanted = glossary(table for _, table in shown).definitions
    assert len({column.key for column in wanted}) == len(wanted)
    with opened(browser, folder) as page:
        assert page.locator(".meaning").count() == len(wanted)
        there = set(page.locator(".meaning").evaluate_all("all => all.map(each => each.id)"))
        asked = page.locator(".tip").evaluate_all(
            "all => all.map(each => each.popoverTargetElement?.id)"
        )
        assert set(asked) == there


def test_keyboard_and_escape(page: Page) -> None:
    tip = page.locator(".ranking").get_by_role("button", name=MACRO_F1)
    tip.focus()
    page.keyboard.press("Enter")
    expect(meaning(page)).to_contain_text("harmonic mean of precision and recall")
    page.keyboard.press("Escape")
    expect(meaning(page)).to_have_count(0)


def test_a_mouse_needs_no_click_and_sorts_nothing(page: Page) -> None:
    heading = page.locator(".ranking th", has_text="Macro-F1").first
    heading.scroll_into_view_if_needed()
    heading.locator(".tip").hover()
    expect(meaning(page)).to_contain_text("every class counts alike")
    box, screen = meaning(page).bounding_box(), page.viewport_size
    assert box["x"] >= 0 and box["x"] + box["width"] <= screen["width"]
    page.mouse.move(0, 0)
    expect(meaning(page)).to_have_count(0)
    assert heading.get_attribute("aria-sort") is None


def test_without_script_a_click_still_shows_it(browser: Browser, folder: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((folder / "leaderboard.html").as_uri())
        page.locator(".ranking").get_by_role("button", name=MACRO_F1).click()
        expect(meaning(page)).to_contain_text("every class counts alike")


def test_a_reader_hears_the_definition(page: Page) -> None:
    tip = page.locator(".ranking").get_by_role("button", name=MACRO_F1)
    described = tip.get_attribute("aria-describedby")
    assert METRICS[1].definition in page.locator(f"#{described}").text_content()


def test_the_scores_are_told_at_the_end(page: Page) -> None:
    told = page.locator("section[aria-labelledby=glossary] > .glossary")
    assert told.locator("dt").all_text_contents() == [metric.label for metric in METRICS]


@pytest.mark.parametrize("one", [Column("A", "x"), Column("A", "y"), Column("B", "x")])
def test_columns_that_mean_the_same_share_a_key(one: Column) -> None:
    assert one.key == Column(one.label, one.definition, numeric=False).key
    assert (one.key == Column("A", "x").key) == (one.label + one.definition == "Ax")
