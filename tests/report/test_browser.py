"""The page works in a real browser with the network off."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.folder import HOSTILE, ROWS
from tests.report.browser import opened

NOT_RUN = {"vgg16.imagenet.frozen", "timm:resnet18", f"lost{HOSTILE}"}


def names(page: Page) -> list[str]:
    return page.locator(".ranking tbody th a").all_text_contents()


def test_every_variant_is_in_the_table_and_has_its_section(page: Page) -> None:
    wanted = {row.name for row in ROWS} | {f"cnn{HOSTILE}", f"lost{HOSTILE}"}
    assert set(names(page)) == wanted
    assert set(page.locator("details.variant .name").all_text_contents()) == wanted


def test_a_click_on_a_heading_sorts_and_another_turns_round(page: Page) -> None:
    heading = page.locator(".ranking thead th", has_text="Parameters")
    heading.locator("button").first.click()
    assert heading.get_attribute("aria-sort") == "ascending"
    ascending = names(page)
    heading.locator("button").first.click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert names(page)[:7] == ascending[6::-1]
    assert page.locator(".ranking th[aria-sort]").count() == 1


def test_what_did_not_run_stays_last_however_the_table_is_sorted(page: Page) -> None:
    for _ in range(2):
        page.locator(".ranking th", has_text="Accuracy, %").first.locator("button").first.click()
        assert set(names(page)[-3:]) == NOT_RUN
        assert page.locator(".ranking tbody.published tr").count() > 3


def test_the_keyboard_sorts(page: Page) -> None:
    button = page.locator(".ranking th", has_text="Variant").locator("button").first
    button.focus()
    page.keyboard.press("Enter")
    assert names(page) == sorted(names(page))
    page.keyboard.press("Space")
    assert names(page) == sorted(names(page), reverse=True)


def seen(page: Page) -> list[str]:
    return page.locator(".ranking tbody tr:not([hidden]) th a").all_text_contents()


def test_text_filters_by_name_fact_and_reason(page: Page) -> None:
    box = page.get_by_label("Filter")
    box.fill("RESNET")
    wanted = {"resnet50.scratch", "resnet50.source.fine-tune", "timm:resnet18"}
    assert set(seen(page)) == wanted
    assert page.get_by_role("status").first.text_content() == "3 of 10 shown"
    box.fill("resnet fine-tune source")
    assert seen(page) == ["resnet50.source.fine-tune"]
    box.fill("out of memory")
    assert seen(page) == ["timm:resnet18"]
    box.fill("no such network")
    assert seen(page) == []
    box.fill("")
    assert len(seen(page)) == 10


def test_chips_of_one_kind_widen_and_of_two_kinds_narrow(page: Page) -> None:
    chip = page.locator(".chips button")
    chip.get_by_text("torch", exact=True).click()
    assert seen(page) == ["timm:resnet18"]
    chip.get_by_text("scikit-learn", exact=True).click()
    assert set(seen(page)) == {"majority", "timm:resnet18"}
    assert chip.get_by_text("torch", exact=True).get_attribute("aria-pressed") == "true"
    chip.get_by_text("frozen", exact=True).click()
    assert seen(page) == []
    for name in ("torch", "scikit-learn"):
        chip.get_by_text(name, exact=True).click()
    assert seen(page) == ["vgg16.imagenet.frozen"]


def test_a_path_is_no_chip_but_its_kind_is(page: Page) -> None:
    page.locator(".chips").get_by_role("button", name="file", exact=True).click()
    assert set(seen(page)) == {f"cnn{HOSTILE}", f"lost{HOSTILE}"}


def test_what_is_filtered_stays_so_when_it_is_sorted(page: Page) -> None:
    page.get_by_label("Filter").fill("cnn")
    found = set(seen(page))
    page.locator(".ranking thead th", has_text="Parameters").locator("button").first.click()
    assert set(seen(page)) == found == {"plain-cnn", "augmented-cnn", f"cnn{HOSTILE}"}


def columns_shown(page: Page) -> list[str]:
    return page.locator(".ranking thead th:not([hidden]) button[data-first]").all_text_contents()


def test_columns_come_and_go_and_every_row_stays_as_wide(page: Page) -> None:
    usual = columns_shown(page)
    assert {"Variant", "Accuracy, %", "Macro-F1, %", "Parameters"} < set(usual)
    assert "Engine" not in usual
    page.locator(".columns summary").click()
    boxes = page.locator(".columns")
    boxes.get_by_label("Engine", exact=True).check()
    boxes.get_by_label("Macro-F1, %", exact=True).uncheck()
    assert set(columns_shown(page)) == {*usual, "Engine"} - {"Macro-F1, %"}
    width = "(row) => [...row.cells].reduce((sum, cell) => sum + (!cell.hidden && cell.colSpan), 0)"
    widths = page.locator(".ranking tr").evaluate_all(f"(rows) => rows.map({width})")
    assert set(widths) == {len(usual)}


def test_the_keyboard_filters_and_chooses_columns(page: Page) -> None:
    page.get_by_label("Filter").focus()
    page.keyboard.type("vgg")
    assert set(seen(page)) == {"vgg16.scratch", "vgg16.imagenet.frozen"}
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(".chips button[aria-pressed=true]").count() == 1
    page.locator(".columns summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.column") == "1"
    page.keyboard.press("Space")
    assert "Rank" not in columns_shown(page)


def test_every_scored_row_draws_its_interval_on_the_common_scale(page: Page) -> None:
    scored = page.locator(".ranking tbody:not(.published) .whisker")
    assert scored.count() == 7
    where = "(each) => each.map((one) => one.getBoundingClientRect().width)"
    widths = set(page.locator(".ranking tbody .whisker").evaluate_all(where))
    assert len(widths) == 1 and widths.pop() > 60
    ticks = page.locator(".ranking .axis span").all_text_contents()
    assert ticks == sorted(ticks, key=int)


def test_a_confusion_matrix_opens_and_changes_to_shares(page: Page) -> None:
    page.locator(".ranking a", has_text="plain-cnn").click()
    section = page.locator("details.variant", has=page.locator(".name", has_text="plain-cnn"))
    counts, rows = section.locator("[data-mode=counts]"), section.locator("[data-mode=rows]")
    counts.wait_for(state="visible")
    assert not rows.is_visible()
    assert sum(map(int, counts.locator("tbody td").all_text_contents())) == 3 * 60
    section.get_by_role("button", name="Per cent of row").click()
    rows.wait_for(state="visible")
    assert not counts.is_visible()
    first = rows.locator("tbody tr").first.locator("td").all_text_contents()
    assert sum(map(float, first)) == pytest.approx(100, abs=0.5)


def test_the_page_never_scrolls_sideways(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_names_are_text(page: Page) -> None:
    assert page.title() == "Seven expressions, quickly · ferbench"
    assert page.locator("script:not([type='application/json'])").count() == 1
    assert page.locator("main img").count() == 0
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


@pytest.mark.parametrize("width", [794, 1280])
def test_nothing_is_cut_in_print(browser: Browser, folder: Path, width: int) -> None:
    """A4 is 794 pixels wide; its margins of 14 mm leave 688."""
    with opened(browser, folder, viewport={"width": width, "height": 1123}) as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.evaluate("document.body.style.width = '688px'")
        cut = page.evaluate(
            """() => [...document.querySelectorAll("main *")].filter((each) => {
                const box = each.getBoundingClientRect();
                return box.width && !each.closest("svg") && box.right > 689;
            }).map((each) => each.outerHTML.slice(0, 120))"""
        )
        assert cut == []
        hidden = page.evaluate(
            """() => [...document.querySelectorAll(".scroll")].filter(
                (each) => getComputedStyle(each).overflowY !== "visible").length"""
        )
        assert hidden == 0


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
