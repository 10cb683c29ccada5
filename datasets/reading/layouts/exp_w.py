"""ExpW (Zhang et al. 2018): a list of faces in pictures, each with its box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from datasets.reading.layouts.layout import Box, Layout, LayoutSpec
from datasets.reading.layouts.lists import Row, decoded_text, joined
from datasets.reading.listing import Listing
from datasets.records import DataError, Incomplete

NAME = "ExpW"
LIST = "label.lst"
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
VALUES = 8


def _recognise(listing: Listing) -> Layout | None:
    lists = [o.path for o in listing.others if PurePosixPath(o.path).name.lower() == LIST]
    if not lists:
        return None
    rows = list(_rows(lists[0], listing.tree.read(lists[0])))
    found = joined(listing, NAME, rows, (lists[0],))
    if not found.entries:
        raise Incomplete(f"{lists[0]}: none of its {len(rows):,} pictures is here; add origin/")
    return found


def _rows(name: str, content: bytes) -> Iterator[Row]:
    for line, text in enumerate(decoded_text(name, content).split("\n"), start=1):
        if not text.strip():
            continue
        place, values = f"{name}:{line}", text.split()
        try:
            image, face, *box, _, code = values
            top, left, right, bottom = map(int, box)
            label = EMOTIONS[int(code)] if code.isdecimal() else ""
        except (ValueError, IndexError):
            label = ""
        if not label or len(values) != VALUES or top >= bottom or left >= right:
            raise DataError(
                f"{place}: {text.strip()!r}; expected name, face, top, left, right, bottom, "
                "confidence, label (0 to 6)"
            )
        yield Row(
            place=place, image=image, label=label, face=face, box=Box(top, left, bottom, right)
        )


SPEC = LayoutSpec(
    name=NAME,
    example=(
        "image/origin/angry_actor_104.jpg",
        "image/origin/happy_bride_12.jpg",
        "label/label.lst: angry_actor_104.jpg 0 28 113 226 141 22.9362 5",
    ),
    images="each face of the list, cut out of its picture; its path ends in # and its number",
    labels="the list: 0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral",
    splits="none",
    subjects="none",
    recognise=_recognise,
)
