"""One class in several spellings: accents, case and synonyms between the splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from datasets.reading.layouts.layout import Entry
from datasets.reading.words import expression_of, same_spelling


def one_spelling(entries: Iterable[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """Give each class one name, that of training, and say which were joined.

    Accents composed and decomposed are the same word. ``Happy`` and ``happy``, or ``anger`` and
    ``angry``, are one class where no split has both; else they are two, which is told.
    """
    composed = [replace(e, class_name=same_spelling(e.class_name)) for e in entries]
    splits: defaultdict[str, set[str]] = defaultdict(set)
    alike: defaultdict[str, set[str]] = defaultdict(set)
    for entry in composed:
        splits[entry.class_name].add(entry.split)
        alike[expression_of(entry.class_name) or entry.class_name.casefold()].add(entry.class_name)
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
    renamed = [replace(e, class_name=names.get(e.class_name, e.class_name)) for e in composed]
    return renamed, tuple(notes)


def _apart(spellings: Iterable[str], splits: Mapping[str, set[str]]) -> bool:
    """Tell whether no split has two of ``spellings``."""
    seen = [split for spelling in spellings for split in splits[spelling]]
    return len(seen) == len(set(seen))
