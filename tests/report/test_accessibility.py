"""axe-core finds nothing wrong with the page, on a desktop and a phone, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from benchmarks.report.page import render
from tests.folder import ROWS, build
from tests.folder_extras import join, view
from tests.report.browser import opened


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (390, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
    ],
)
def test_axe_finds_no_violation(browser: Browser, folder: Path, width: int, scheme: str) -> None:
    """Every rule is asked, those of good practice too; the policy of the page stays as it is."""
    size = {"width": width, "height": 900}
    with opened(browser, folder, viewport=size, color_scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        assert len(found.response["passes"]) > 20


def test_axe_finds_none_where_there_are_views_and_ensembles(
    browser: Browser, tmp_path: Path
) -> None:
    run = view(build(tmp_path / "run", (*ROWS[:2], ROWS[-1]), seeds=(0, 1), images=40))
    made = join(run, both=("majority", "plain-cnn"), lost=("plain-cnn", ROWS[-1].name))
    render(made)
    with opened(browser, made) as page:
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        page.get_by_label("Ten-crop, %", exact=True).check()
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        assert page.get_by_role("button", name="ensemble", exact=True).is_visible()
        assert page.get_by_role("columnheader", name="Ten-crop, %").first.is_visible()
