"""The page prints as a clean A4 paper, in the dark too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.report.browser import opened

A4 = {"width": 688, "height": 1017}
"""What the margins of 14 mm leave of A4, in CSS pixels."""


@pytest.fixture(scope="module")
def paper(browser: Browser, folder: Path) -> Iterator[Page]:
    with opened(browser, folder, viewport=A4, color_scheme="dark") as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        yield page


def style(page: Page, place: str, name: str) -> set[str]:
    read = f"all => all.map(each => getComputedStyle(each)['{name}'])"
    return set(page.locator(place).evaluate_all(read))


def test_no_table_is_cut(paper: Page) -> None:
    size = "[e.ariaLabel, e.firstElementChild.scrollWidth, e.scrollHeight - e.clientHeight]"
    regions = paper.locator(".scroll").evaluate_all(f"all => all.map(e => {size})")
    assert regions
    for name, width, hidden in regions:
        assert width <= A4["width"] + 1, name
        assert hidden <= 1, name


def test_headings_of_tables_can_be_repeated(paper: Page) -> None:
    """Chromium repeats no heading that holds a control, so the sorting buttons are no boxes."""
    assert style(paper, "thead", "display") == {"table-header-group"}
    assert style(paper, "th button:not(.tip)", "display") == {"contents"}
    assert style(paper, "thead th", "position") == {"static"}


def test_headings_stay_with_what_follows(paper: Page) -> None:
    assert style(paper, "main h2, main h3, main summary", "breakAfter") == {"avoid"}
    assert style(paper, "main tbody tr", "breakInside") == {"avoid"}


def test_nothing_is_printed_that_only_a_screen_can_use(paper: Page) -> None:
    for what in (".take", ".tip", ".copy", "nav"):
        assert style(paper, what, "display") == {"none"}, what
    assert paper.locator("details:not([open])").count() == 0


def test_the_dark_prints_black_on_white(paper: Page) -> None:
    assert style(paper, "body", "color") == {"rgb(0, 0, 0)"}
    assert style(paper, "body", "backgroundColor") == {"rgb(255, 255, 255)"}
