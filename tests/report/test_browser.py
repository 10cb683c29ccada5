"""The page works in a real browser with the network off."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.report.folder import HOSTILE, ROWS


def names(page: Page) -> list[str]:
    return page.locator(".ranking tbody th a").all_text_contents()


def test_every_variant_is_in_the_table_and_has_its_section(page: Page) -> None:
    wanted = {row.name for row in ROWS} | {f"cnn{HOSTILE}"}
    assert set(names(page)) == wanted
    assert set(page.locator("details.variant .name").all_text_contents()) == wanted


def test_a_click_on_a_heading_sorts_and_another_turns_round(page: Page) -> None:
    heading = page.locator(".ranking th", has_text="Log-loss")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    ascending = names(page)
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert names(page)[:7] == ascending[6::-1]
    assert page.locator(".ranking th[aria-sort]").count() == 1


def test_what_did_not_run_stays_last_however_the_table_is_sorted(page: Page) -> None:
    for _ in range(2):
        page.locator(".ranking th", has_text="Accuracy, %").first.get_by_role("button").click()
        assert set(names(page)[-2:]) == {"vgg16.imagenet.frozen", "timm:resnet18"}


def test_the_keyboard_sorts(page: Page) -> None:
    button = page.locator(".ranking th", has_text="Variant").get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    assert names(page) == sorted(names(page))
    page.keyboard.press("Space")
    assert names(page) == sorted(names(page), reverse=True)


def test_a_confusion_matrix_opens_and_changes_to_shares(page: Page) -> None:
    page.locator(".ranking a", has_text="plain-cnn").click()
    section = page.locator("details.variant", has=page.locator(".name", has_text="plain-cnn"))
    counts, rows = section.locator("[data-mode=counts]"), section.locator("[data-mode=rows]")
    assert counts.is_visible()
    assert not rows.is_visible()
    assert sum(map(int, counts.locator("tbody td").all_text_contents())) == 3 * 60
    section.get_by_role("button", name="Per cent of row").click()
    assert rows.is_visible()
    assert not counts.is_visible()
    first = rows.locator("tbody tr").first.locator("td").all_text_contents()
    assert sum(map(float, first)) == pytest.approx(100, abs=0.5)


def test_the_page_never_scrolls_sideways(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_names_are_text(page: Page) -> None:
    assert page.title() == "Seven expressions, quickly · ferbench"
    assert page.locator("script:not([type])").count() == 1
    assert page.locator(".matrix thead th", has_text=HOSTILE).count() > 0


def test_the_policy_forbids_scripts_that_are_not_the_pages_own(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    text = (folder / "leaderboard.html").read_text("utf-8")
    changed = tmp_path / "changed.html"
    changed.write_text(text.replace("<main>", f"<main>{HOSTILE}"), "utf-8")
    with browser.new_page() as page:
        page.goto(changed.as_uri())
        assert page.title() != "taken"


def test_printing_opens_every_variant_and_closes_it_again(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.variant:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.variant[open]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrasts_with_its_ground(browser: Browser, folder: Path, scheme: str) -> None:
    """WCAG 2.2 AA asks for 4.5 to 1."""
    with browser.new_page(color_scheme=scheme) as page:
        page.goto((folder / "leaderboard.html").as_uri())
        for text in ("ink", "quiet", "accent", "warn"):
            assert contrast(colour(page, text), colour(page, "paper")) >= 4.5
        assert contrast(colour(page, "warn"), colour(page, "warn-paper")) >= 4.5


def colour(page: Page, name: str) -> tuple[int, ...]:
    read = "(name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name)"
    return tuple(bytes.fromhex(page.evaluate(read, name).strip().removeprefix("#")))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the contrast ratio of two sRGB colours as WCAG 2.2 defines it."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
