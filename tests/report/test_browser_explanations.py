"""What variants look at and bear, in a real browser with the network off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.report.page import render
from tests.folder import EXPRESSIONS, HOSTILE, ROWS, build
from tests.folder_extras import ask, pack
from tests.report.browser import opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    run = build(place / "run", ROWS[:5], classes=(*EXPRESSIONS[:-1], HOSTILE), images=60)
    pack(ask(run), place / "cache")
    before = os.environ.get("FERBENCH_CACHE")
    os.environ["FERBENCH_CACHE"] = str(place / "cache")
    try:
        render(run)
    finally:
        os.environ.pop("FERBENCH_CACHE")
        if before is not None:
            os.environ["FERBENCH_CACHE"] = before
    return run


@pytest.fixture(params=[1440, 390], ids=["desktop", "phone"])
def page(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(browser, folder, viewport={"width": request.param, "height": 900}) as page:
        yield page


def test_every_photograph_shows_its_own_part_of_the_sprite(page: Page) -> None:
    photos = page.locator(".photo")
    places = photos.evaluate_all(
        "all => all.map(each => [getComputedStyle(each).backgroundImage.slice(0, 27),"
        " getComputedStyle(each).backgroundPosition, each.ariaLabel])"
    )
    assert len(places) > 50
    assert {source for source, _, _ in places} == {'url("data:image/png;base64,'}
    shown = {}
    for _, position, label in places:
        image = label.split(",")[0].split(";")[0]
        if image.startswith(("Test image", "Training image")):
            shown.setdefault(image, set()).add(position)
    assert len({frozenset(each) for each in shown.values()}) == len(shown)


def test_maps_lie_over_photographs_and_each_says_what_it_shows(page: Page) -> None:
    heat = page.locator("details.look[open] .heat").first
    photo = page.locator("details.look[open] .photo:has(.heat)").first
    assert heat.bounding_box() == photo.bounding_box()
    assert "under the Grad-CAM map of" in (photo.get_attribute("aria-label") or "")


def test_the_maps_of_another_variant_open_by_keyboard(page: Page) -> None:
    summary = page.locator("details.look > summary").nth(1)
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.look").nth(1).locator(".photo").first.is_visible()


def test_the_robustness_table_sorts(page: Page) -> None:
    heading = page.locator(".drops th", has_text="Corrupted").locator("button").first
    heading.click()
    shown = [float(t) for t in page.locator(".drops td:nth-child(3)").evaluate_all(
        "all => all.map(each => each.dataset.sort)"
    )]  # fmt: skip
    assert shown == sorted(shown, reverse=True)
    assert len(shown) == 5


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_class_names_stay_text(page: Page) -> None:
    assert page.title() == "Seven expressions, quickly · ferbench"
    assert page.locator("#looks ~ .method td", has_text=HOSTILE).count() > 0
    assert page.locator(f'.gallery h3:text-is("{HOSTILE}")').count() == 1
