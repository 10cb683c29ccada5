"""A variant's section in a real browser: the readings of its matrix, by mouse, keyboard, print."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page

from benchmarks.evaluation.scores import confusion, row_shares
from benchmarks.store.reading import read_run
from tests.folder import HOSTILE
from tests.report.browser import opened

OTHER = f"cnn{HOSTILE}"


def section(page: Page, name: str = "plain-cnn") -> Locator:
    """Open the section of a variant."""
    found = page.locator("details.variant").filter(
        has=page.locator(".name", has_text=re.compile(f"^{re.escape(name)}$"))
    )
    found.locator("summary").click()
    return found


def cells(variant: Locator) -> list[list[str]]:
    rows = variant.locator(".matrix tbody tr").all()
    return [row.locator("td").all_text_contents() for row in rows]


def numbers(variant: Locator) -> np.ndarray:
    """Return the numbers of the matrix, NaN where a cell is empty."""
    return np.array([[float(c.replace("−", "-") or "nan") for c in row] for row in cells(variant)])


def counts(folder: Path, name: str = "plain-cnn") -> np.ndarray:
    found = next(v for v in read_run(folder).ranked if v.name == name)
    return np.sum([confusion(fit.test) for fit in found.fits], axis=0)


def test_the_matrix_shows_counts_and_the_shares_of_rows_and_of_columns(
    page: Page, folder: Path
) -> None:
    variant, stored = section(page), counts(folder)
    assert (numbers(variant) == stored).all()
    variant.get_by_role("button", name="Per cent of row").click()
    assert numbers(variant) == pytest.approx(100 * row_shares(stored), abs=0.051, nan_ok=True)
    variant.get_by_role("button", name="Per cent of column").click()
    assert numbers(variant) == pytest.approx(100 * row_shares(stored.T).T, abs=0.051, nan_ok=True)
    assert "column" in variant.locator(".matrix caption").inner_text()
    variant.get_by_role("button", name="Counts").click()
    assert (numbers(variant) == stored).all()


def test_the_difference_to_any_other_variant_is_that_of_the_row_shares(
    page: Page, folder: Path
) -> None:
    variant = section(page)
    for other in (OTHER, "majority"):
        variant.get_by_label("Difference to").select_option(label=other)
        wanted = row_shares(counts(folder)) - row_shares(counts(folder, other))
        assert numbers(variant) == pytest.approx(100 * wanted, abs=0.051, nan_ok=True)
        assert other in variant.locator(".matrix caption").inner_text()
        for row, difference in zip(cells(variant), wanted, strict=True):
            for text, size in zip(row, difference, strict=True):
                assert text in ("", "0.0") or text[0] == ("+" if size > 0 else "−")
    assert variant.locator("[aria-pressed=true]").count() == 0
    variant.get_by_label("Difference to").select_option(label="no other")
    assert (numbers(variant) == counts(folder)).all()
    assert variant.locator("[aria-pressed=true]").inner_text() == "Counts"


def test_a_variant_can_be_set_against_every_other_that_was_scored(page: Page, folder: Path) -> None:
    variant = section(page)
    offered = variant.locator("select option").all_text_contents()
    ranked = [each.name for each in read_run(folder).ranked]
    assert sorted(offered) == sorted(["no other", *(n for n in ranked if n != "plain-cnn")])
    variant.locator("summary").click()
    variant.locator("summary").click()
    assert variant.locator("select option").count() == len(offered)


def test_the_keyboard_reaches_every_reading(page: Page, folder: Path) -> None:
    variant = section(page)
    variant.locator("summary").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert variant.locator(".matrix").get_attribute("data-mode") == "rows"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert variant.locator(".matrix").get_attribute("data-mode") == "difference"
    first = variant.locator("select option").nth(1).inner_text()
    wanted = row_shares(counts(folder)) - row_shares(counts(folder, first))
    assert numbers(variant) == pytest.approx(100 * wanted, abs=0.051, nan_ok=True)


def test_paper_has_counts_whatever_the_screen_shows(page: Page, folder: Path) -> None:
    variant = section(page)
    variant.get_by_label("Difference to").select_option(label="majority")
    shown = cells(variant)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert (numbers(variant) == counts(folder)).all()
    assert not variant.get_by_label("Difference to").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert cells(variant) == shown


def test_without_script_the_counts_stand_and_nothing_can_be_pressed(
    browser: Browser, folder: Path
) -> None:
    with browser.new_page(java_script_enabled=False) as page:
        page.goto((folder / "leaderboard.html").as_uri())
        variant = section(page)
        assert (numbers(variant) == counts(folder)).all()
        assert not variant.locator(".reading").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_cell_can_be_read_on_its_colour(browser: Browser, folder: Path, scheme: str) -> None:
    """WCAG 2.2 AA asks for 4.5 to 1; the colours are those that the browser really paints."""
    with opened(browser, folder, color_scheme=scheme) as page:
        section(page)
        found = page.evaluate(CONTRASTS)
    assert len(found) == 33
    assert min(found.values()) >= 4.5, found


CONTRASTS = """() => {
  const cell = document.querySelector("details[open] .matrix tbody td");
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    const linear = parts.map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const found = {};
  for (const kind of ["heat", "more", "less"]) {
    for (let depth = 0; depth <= 10; depth++) {
      cell.className = `${kind}-${depth}`;
      const style = getComputedStyle(cell);
      const both = [luminance(style.color), luminance(style.backgroundColor)];
      found[cell.className] = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_an_open_section_fits_the_screen(browser: Browser, folder: Path, width: int) -> None:
    with opened(browser, folder, viewport={"width": width, "height": 900}) as page:
        variant = section(page)
        variant.get_by_label("Difference to").select_option(label=OTHER)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for picture in variant.locator(".charts .picture").all():
            box = picture.bounding_box()
            assert box is not None
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
