"""Opens a page in a real browser, with the network off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@contextmanager
def opened(browser: Browser, folder: Path, **context: Any) -> Iterator[Page]:
    """Open a run's page offline; at the end it must have asked for and complained of nothing.

    ``context`` is what Playwright's ``new_context`` takes: ``viewport``, ``color_scheme``.
    """
    address = (folder / "leaderboard.html").as_uri()
    asked: list[str] = []
    complaints: list[str] = []
    with browser.new_context(**context) as incognito:
        incognito.set_offline(True)
        page = incognito.new_page()
        page.on("request", lambda sent: asked.append(sent.url))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        yield page
    assert set(asked) <= {address}
    assert complaints == []
