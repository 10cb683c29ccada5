"""KDEF (Lundqvist et al. 1998): labels in names such as ``AF01ANS.JPG``."""

from __future__ import annotations

from datasets.reading.layouts.layout import Layout, LayoutSpec
from datasets.reading.layouts.names import labelled_by_names, of_code
from datasets.reading.listing import Listing
from datasets.reading.subjects import KDEF


def _recognise(listing: Listing) -> Layout | None:
    return labelled_by_names(listing, "KDEF", KDEF, of_code)


SPEC = LayoutSpec(
    name="KDEF",
    example=("AF01/AF01ANS.JPG", "AF01/AF01HAHL.JPG", "BM35/BM35SUS.JPG"),
    images="every image, of both sessions and all five views",
    labels="letters 5 and 6 of the name: AF, AN, DI, HA, NE, SA, SU",
    splits="none; split folders are taken over",
    subjects="letters 2 to 4 of the name, so that both sessions are one person",
    recognise=_recognise,
)
