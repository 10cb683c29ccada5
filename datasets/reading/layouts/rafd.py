"""RaFD (Langner et al. 2010): labels in names such as ``Rafd090_01_…_angry_frontal.jpg``."""

from __future__ import annotations

from datasets.reading.layouts.layout import Layout, LayoutSpec
from datasets.reading.layouts.names import Named, labelled_by_names
from datasets.reading.listing import Listing
from datasets.reading.subjects import RAFD
from datasets.reading.words import expressions_in


def _expression(match: Named) -> str | None:
    found = expressions_in(match["words"])
    return found.pop() if len(found) == 1 else None


def _recognise(listing: Listing) -> Layout | None:
    return labelled_by_names(listing, "RaFD", RAFD, _expression)


SPEC = LayoutSpec(
    name="RaFD",
    example=(
        "Rafd090_01_Caucasian_female_angry_frontal.jpg",
        "Rafd090_01_Caucasian_female_happy_left.jpg",
        "Rafd090_02_Caucasian_female_sad_frontal.jpg",
    ),
    images="every image, from all camera angles",
    labels="the expression's word in the name",
    splits="none; split folders are taken over",
    subjects="the number behind the first underscore",
    recognise=_recognise,
)
