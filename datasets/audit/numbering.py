"""Gaps in running numbers of file names: images that a copy once had and has no longer."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from datasets.reading.numbers import value_of

NUMBERED = re.compile(r"(.*\D|)(\d+)\D*")
"""A stem and its last number; written so that a name of any length is gone through once."""
DENSE = 0.5
"""Share of the numbers that must be there for them to be running numbers."""
REPEATED = 0.2
"""Share of a folder's numbers that other folders may have too, if all are numbered as one."""


@dataclass(frozen=True)
class _Numbered:
    """A file with a number: the folders that it lies in, what stands before it, and the number."""

    folders: tuple[str, ...]
    prefix: str
    number: int


def gaps(paths: Sequence[str]) -> tuple[int, int]:
    """Return how many running numbers are missing, and how many are there.

    Names such as ``Training_17.png`` are numbered from 0 or 1: through all folders, through those
    of one level (the splits of a class that was split again, the classes of a split), or in each
    folder. Of these views, where hardly any number stands twice, the one that explains most
    numbers with the fewest gaps is taken. Other numbers (dates, hashes) are no running numbers.
    Images missing after the last number cannot be seen.
    """
    numbered = list(_numbers(paths))
    levels = range(max((len(one.folders) for one in numbered), default=0))
    views = [set(levels), *({level} for level in levels), set()]
    found = [_gaps(numbered, merged) for merged in views if _unique(numbered, merged)]
    return max(found, key=lambda gap: (gap[1], -gap[0]))


def _gaps(numbered: Iterable[_Numbered], merged: set[int]) -> tuple[int, int]:
    runs = [set(numbers) for numbers in _series(numbered, merged).values() if _runs(numbers)]
    there = sum(map(len, runs))
    return sum(max(run) + 1 - min(run) for run in runs) - there, there


def _numbers(paths: Iterable[str]) -> Iterator[_Numbered]:
    for path in map(PurePosixPath, paths):
        if match := NUMBERED.fullmatch(path.stem):
            yield _Numbered(path.parent.parts, match[1], value_of(match[2]))


Series = dict[tuple[str, tuple[str, ...]], list[int]]


def _series(numbered: Iterable[_Numbered], merged: set[int]) -> Series:
    """Return the numbers of each prefix and place; folders of the levels ``merged`` are one."""
    series: Series = defaultdict(list)
    for one in numbered:
        series[one.prefix, _place(one, merged)].append(one.number)
    return series


def _place(one: _Numbered, merged: set[int]) -> tuple[str, ...]:
    return tuple(folder for level, folder in enumerate(one.folders) if level not in merged)


def _unique(numbered: Sequence[_Numbered], merged: set[int]) -> bool:
    """Return whether hardly any number of a folder stands in another that is one with it."""
    own = Counter((one.prefix, one.folders) for one in numbered)
    places = {key: Counter(numbers) for key, numbers in _series(numbered, merged).items()}
    if not merged:
        return True
    repeated = Counter(
        (one.prefix, one.folders)
        for one in numbered
        if places[one.prefix, _place(one, merged)][one.number] > 1
    )
    return all(repeated[folder] <= REPEATED * count for folder, count in own.items())


def _runs(numbers: list[int]) -> bool:
    span = max(numbers) + 1 - min(numbers)
    return min(numbers) <= 1 and len(numbers) > 1 and len(set(numbers)) >= DENSE * span
