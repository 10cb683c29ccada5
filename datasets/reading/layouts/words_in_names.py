"""Images whose names hold the word of an expression: ``happy_12.png``."""

from __future__ import annotations

from datasets.reading.layouts.class_folders import candidate, with_subjects
from datasets.reading.layouts.layout import Layout, LayoutSpec, unused
from datasets.reading.layouts.names import labelled_entries
from datasets.reading.listing import Listing
from datasets.reading.subjects import ENOUGH, stem_of
from datasets.reading.words import expressions_in

NAME = "words in names"


def _recognise(listing: Listing) -> Layout | None:
    labels = {}
    for name in listing.images:
        words = expressions_in(stem_of(name))
        if len(words) == 1:
            labels[name] = words.pop()
    enough = len(labels) >= ENOUGH * len(listing.images)
    if not enough or len(set(labels.values())) < 2 or candidate(listing):
        return None
    entries = labelled_entries(listing, labels, labels.__getitem__)
    left_out = unused(listing, entries, lambda _: "its name holds no expression, or several")
    return Layout(
        name=NAME,
        entries=tuple(with_subjects(entries)),
        left_out=left_out,
        notes=("labels are the expressions in the files' names",),
    )


SPEC = LayoutSpec(
    name=NAME,
    example=("happy_1.png", "sad_1.png", "img_7_angry.png"),
    images="every image whose name holds one expression, if nine of ten do",
    labels="the expression's word in the name, in any spelling",
    splits="none; split folders are taken over",
    subjects="known file names",
    recognise=_recognise,
)
