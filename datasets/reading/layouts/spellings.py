"""One class in several spellings: accents, case and synonyms between the splits."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from datasets.reading.layouts.layout import Entry
from datasets.reading.layouts.lists import Row
from datasets.reading.words import expression_of, folded, same_spelling

_CODE = re.compile(r"0*(\d{1,18})(?:[.,]0+)?")
"""A whole number as programs write it."""


def one_spelling(entries: Iterable[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """Give each class one name, that of training, and say which were joined.

    Accents composed and decomposed are the same word. ``Happy`` and ``happy``, or ``anger`` and
    ``angry``, are one class where no split has both; else they are two, which is told.
    """
    given = list(entries)
    plain = {name: same_spelling(name) for name in {entry.class_name for entry in given}}
    composed = _renamed(given, plain)
    splits: defaultdict[str, set[str]] = defaultdict(set)
    alike: defaultdict[str, set[str]] = defaultdict(set)
    for name, split in {(entry.class_name, entry.split) for entry in composed}:
        splits[name].add(split)
        alike[expression_of(name) or name.casefold()].add(name)
    names: dict[str, str] = {}
    notes = []
    for spellings in alike.values():
        if len(spellings) == 1:
            continue
        listed = ", ".join(sorted(spellings))
        if _apart(spellings, splits):
            first = min(spellings, key=lambda name: ("train" not in splits[name], name))
            names |= dict.fromkeys(spellings, first)
            notes.append(f"spellings of one class: {listed}")
        else:
            notes.append(f"different classes in spite of their names: {listed}")
    return _renamed(composed, names), tuple(sorted(notes))


def one_case(rows: Iterable[Row]) -> tuple[list[Row], tuple[str, ...]]:
    """Give each label of a table one spelling, the most frequent one, and say which were joined.

    Spellings of one label differ in case, or as ``3``, ``3.0`` and ``03`` do.
    """
    given = list(rows)
    alike: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in given:
        alike[_plain(row.label)][row.label] += 1
    names = {word: max(counts, key=lambda name: counts[name]) for word, counts in alike.items()}
    joined = [replace(row, label=names[_plain(row.label)]) for row in given]
    notes = [
        f"spellings of one class: {', '.join(sorted(counts))}"
        for counts in alike.values()
        if len(counts) > 1
    ]
    return joined, tuple(sorted(notes))


def _plain(label: str) -> str:
    code = _CODE.fullmatch(label)
    return code[1] if code else folded(label)


def _renamed(entries: Iterable[Entry], names: Mapping[str, str]) -> list[Entry]:
    """Return ``entries`` with the names that ``names`` give to their classes."""
    return [
        replace(entry, class_name=name)
        if (name := names.get(entry.class_name, entry.class_name)) != entry.class_name
        else entry
        for entry in entries
    ]


def _apart(spellings: Iterable[str], splits: Mapping[str, set[str]]) -> bool:
    """Tell whether no split has two of ``spellings``."""
    seen = [split for spelling in spellings for split in splits[spelling]]
    return len(seen) == len(set(seen))
