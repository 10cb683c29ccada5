"""Whole numbers in names and fields, however many digits somebody wrote."""

from __future__ import annotations

import re

MOST_DIGITS = 18
"""Digits that always fit into 64 bits."""
MOST_RECKONED = 300
"""Digits of a number that a float still holds."""


def whole_number(text: str) -> int | None:
    """Return the number that ``text`` spells in decimal digits alone, 18 at most, or ``None``."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def value_of(digits: str) -> int:
    """Return the number that ``digits`` spell; of hundreds of digits the first 300 count.

    Numbers of any length cannot be reckoned with, and one of 300 digits numbers nothing.
    """
    return int(digits.lstrip("0")[:MOST_RECKONED] or "0")


def in_natural_order(path: str) -> list[tuple[int, str, str]]:
    """Return a key that sorts ``im2`` before ``im10``."""
    parts = re.split(r"(\d+)", path)
    return [_rank(part) if place % 2 else (0, "", part) for place, part in enumerate(parts)]


def _rank(digits: str) -> tuple[int, str, str]:
    """Return what orders numbers as their values do, without reckoning these."""
    counted = digits.lstrip("0")
    return len(counted), counted, digits
