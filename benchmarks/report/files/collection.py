"""Every table of a page under a name that a file can bear."""

from __future__ import annotations

import re

from benchmarks.report.elements.elements import Table
from benchmarks.report.elements.outline import Page


def tables(page: Page) -> dict[str, Table]:
    """Return name → table, in the order of ``page``.

    A name is that of the section and that within it, in lower case, such as
    ``variants-plain-cnn-seeds``.
    """
    found: dict[str, Table] = {}
    for words, shown in page.exports():
        name = _slug(words)
        number = 2
        while name in found:
            name, number = f"{_slug(words)}-{number}", number + 1
        found[name] = shown
    return found


def _slug(words: str) -> str:
    plain = re.findall(r"[a-z0-9]+", words.lower())
    return "-".join(plain)[:100].rstrip("-") or "table"
