"""Gaps in running numbers of file names: images that a copy once had and has no longer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

NUMBERED = re.compile(r"(.*?)(\d+)\D*")
DENSE = 0.5
"""Share of the numbers that must be there for them to be running numbers."""
Series = dict[tuple[str, str], list[int]]


def gaps(paths: Sequence[str]) -> tuple[int, int]:
    """Return how many running numbers are missing, and how many are there.

    Names such as ``Training_17.png`` are numbered from 0 or 1, in each folder or through all of
    them; other numbers (dates, hashes) are no running numbers. Images missing after the last
    number cannot be seen.
    """
    numbered = list(_numbers(paths))
    through = _by(((prefix, ""), number) for _, prefix, number in numbered)
    if any(len(set(numbers)) < len(numbers) for numbers in through.values()):
        through = _by(((prefix, folder), number) for folder, prefix, number in numbered)
    found = [(max(n) + 1 - min(n), len(set(n))) for n in through.values() if _runs(n)]
    there = sum(count for _, count in found)
    return sum(span for span, _ in found) - there, there


def _numbers(paths: Iterable[str]) -> Iterable[tuple[str, str, int]]:
    for path in map(PurePosixPath, paths):
        if match := NUMBERED.fullmatch(path.stem):
            yield str(path.parent), match[1], int(match[2])


def _by(entries: Iterable[tuple[tuple[str, str], int]]) -> Series:
    series: Series = defaultdict(list)
    for key, number in entries:
        series[key].append(number)
    return series


def _runs(numbers: list[int]) -> bool:
    span = max(numbers) + 1 - min(numbers)
    return min(numbers) <= 1 and len(numbers) > 1 and len(set(numbers)) >= DENSE * span
