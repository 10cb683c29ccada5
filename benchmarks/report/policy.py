"""The content security policy of a page that is one file: its own style and script alone."""

from __future__ import annotations

import base64
import hashlib
import html
import re

STYLES = "style-src 'none'"
SCRIPTLESS = (
    f"default-src 'none'; {STYLES}; script-src {{script}}; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
_BLOCK = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')


def policy(script: str) -> str:
    """Return the policy that allows one ``script`` and, until `with_styles`, no style."""
    return SCRIPTLESS.format(script=source(script))


def with_styles(page: str) -> str:
    """Return a page whose `policy` allows the style that is in it, block by block and attribute.

    A style that a script or somebody else puts in later is not allowed. ``'unsafe-hashes'`` is
    how browsers call hashes of attributes.
    """
    attributes = map(html.unescape, _ATTRIBUTE.findall(page))
    allowed = dict.fromkeys(map(source, (*_BLOCK.findall(page), *attributes)))
    return page.replace(STYLES, " ".join(["style-src 'unsafe-hashes'", *allowed]), 1)


def source(content: str) -> str:
    """Return how a policy names ``content`` by its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
