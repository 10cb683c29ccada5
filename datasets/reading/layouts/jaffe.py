"""JAFFE (Lyons et al. 1998): labels in names such as ``KA.AN1.39.tiff``."""

from __future__ import annotations

from datasets.reading.layouts.layout import Layout, LayoutSpec
from datasets.reading.layouts.names import labelled_by_names, of_code
from datasets.reading.listing import Listing
from datasets.reading.subjects import JAFFE


def _recognise(listing: Listing) -> Layout | None:
    return labelled_by_names(listing, "JAFFE", JAFFE, of_code)


SPEC = LayoutSpec(
    name="JAFFE",
    example=("KA.AN1.39.tiff", "KA.HA1.29.tiff", "KL.SU3.164.tiff"),
    images="every image",
    labels="the two letters behind the first dot: AN, DI, FE, HA, NE, SA, SU",
    splits="none; split folders are taken over",
    subjects="the two letters before the first dot",
    recognise=_recognise,
)
