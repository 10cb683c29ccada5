"""Text for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return ``text`` with what could steer a terminal, or is no Unicode, spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
