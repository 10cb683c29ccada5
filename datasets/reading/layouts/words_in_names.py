"""Images whose names hold the word of an expression: ``happy_12.png``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from datasets.reading.layouts.class_folders import candidate, with_subjects
from datasets.reading.layouts.layout import Layout, LayoutSpec, unused
from datasets.reading.layouts.names import labelled_entries
from datasets.reading.listing import Listing
from datasets.reading.subjects import ENOUGH, stem_of
from datasets.reading.words import expression_of, expressions_in

NAME = "words in names"


def _recognise(listing: Listing) -> Layout | None:
    labels = {}
    for name in listing.images:
        words = expressions_in(stem_of(name))
        if len(words) == 1:
            labels[name] = words.pop()
    enough = len(labels) >= ENOUGH * len(listing.images)
    if not enough or len(set(labels.values())) < 2 or _told_by_folders(listing, labels):
        return None
    entries = labelled_entries(listing, labels, labels.__getitem__)
    left_out = unused(listing, entries, lambda _: "its name holds no expression, or several")
    return Layout(
        name=NAME,
        entries=tuple(with_subjects(entries)),
        left_out=left_out,
        notes=("labels are the expressions in the files' names",),
    )


def _told_by_folders(listing: Listing, labels: Mapping[str, str]) -> bool:
    """Tell whether folders are the classes: one is called by an expression, or holds one alone."""
    folders = candidate(listing)
    if folders is None:
        return False
    held: defaultdict[str, set[str]] = defaultdict(set)
    for entry in folders.entries:
        held[entry.class_name].add(labels.get(entry.name, ""))
    return any(expression_of(name) or len(words) < 2 for name, words in held.items())


SPEC = LayoutSpec(
    name=NAME,
    example=("happy_1.png", "sad_1.png", "img_7_angry.png"),
    images="every image whose name holds one expression, if nine of ten do",
    labels="the expression's word in the name, in any spelling",
    splits="none; split folders are taken over",
    subjects="known file names",
    recognise=_recognise,
)
