"""A real browser with the network off, and a page of a small run opened in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.report.page import render
from tests.folder import EXPRESSIONS, HOSTILE, ROWS, Row, build
from tests.report.browser import BROWSERS, FLAGS, opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium; tests that need it are skipped where it is missing."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("FERBENCH_REQUIRE_BROWSER") != "1":
        pytest.skip("no Chromium on this machine; install chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run with its page; whatever a user or a plugin may name is hostile somewhere.

    Its test set has no image of one class.
    """
    told = dict.fromkeys(("summary", "source", "strategy", "augmentation"), HOSTILE)
    told["initialisation"] = f"file:/tmp/{HOSTILE}.h5"
    rows = (
        *ROWS,
        Row(name=f"cnn{HOSTILE}", skill=0.45, engine=HOSTILE, facts=told),
        Row(name=f"lost{HOSTILE}", status="failed", reason=HOSTILE, engine=HOSTILE, facts=told),
    )
    classes = (*EXPRESSIONS[:-1], HOSTILE)
    folder = build(
        tmp_path_factory.mktemp("runs") / "run",
        rows,
        classes=classes,
        images=60,
        untested="disgust",
        plugins=[{"file": f"/tmp/{HOSTILE}.py", "digest": HOSTILE}],
    )
    render(folder)
    return folder


@pytest.fixture(params=[1440, 390], ids=["desktop", "phone"])
def page(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of ``folder``, at the width of a desktop and of a phone."""
    with opened(browser, folder, viewport={"width": request.param, "height": 900}) as page:
        yield page
