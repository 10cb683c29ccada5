"""What a reader sees of a page."""

from __future__ import annotations

import re
from html import unescape

HOSTILE = "<script>alert(1)</script>"


def text(page: str) -> str:
    """Return what a reader sees of ``page``, with single spaces."""
    bare = re.sub(r"<(style|script|svg).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<wbr>|<[^>]+>", "", bare)).split())
