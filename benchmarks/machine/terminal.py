"""Text for a terminal."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """Return ``text`` with what could steer a terminal, or is no Unicode, spelled out."""
    return text if text.isprintable() else "".join(map(_spelled_out, text))


def _spelled_out(character: str) -> str:
    """Return a character; those of Unicode's class C, and ends of lines, by their number."""
    if unicodedata.category(character)[0] == "C" or character in "\u2028\u2029":
        return character.encode("unicode_escape").decode()
    return character
