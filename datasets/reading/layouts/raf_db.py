"""RAF-DB's basic expressions (Li et al. 2017): a list of names and codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from datasets.reading.layouts.layout import Layout, LayoutSpec
from datasets.reading.layouts.lists import Files, Row, decoded_text, joined
from datasets.reading.listing import Listing
from datasets.reading.words import split_of
from datasets.records import DataError, Incomplete

NAME = "RAF-DB"
LISTS = ("list_patition_label.txt", "list_partition_label.txt")
"""The published list misspells its own name."""
EMOTIONS = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")


def _recognise(listing: Listing) -> Layout | None:
    lists = [o.path for o in listing.others if PurePosixPath(o.path).name.lower() in LISTS]
    if not lists:
        return None
    rows = list(_rows(lists[0], listing.tree.read(lists[0]), Files(listing.images)))
    found = joined(listing, NAME, rows, (lists[0],))
    if not found.entries:
        raise Incomplete(
            f"{lists[0]}: none of its {len(rows):,} images is here; add the folder of aligned "
            "images (train_00001_aligned.jpg …)"
        )
    listed = {PurePosixPath(row.image).stem.removesuffix("_aligned") for row in rows}
    left_out = (
        replace(one, reason="its aligned copy is read")
        if PurePosixPath(one.path).stem in listed
        else one
        for one in found.left_out
    )
    return replace(found, left_out=tuple(left_out))


def _rows(name: str, content: bytes, files: Files) -> Iterator[Row]:
    """Yield the list's rows, each naming the aligned image where it is there."""
    for line, text in enumerate(decoded_text(name, content).split("\n"), start=1):
        if not text.strip():
            continue
        place = f"{name}:{line}"
        image, _, code = text.strip().rpartition(" ")
        split = split_of(PurePosixPath(image.strip()).stem)
        if split is None or code not in map(str, range(1, len(EMOTIONS) + 1)):
            raise DataError(f"{place}: {text.strip()!r}; expected for instance train_00001.jpg 5")
        whole = PurePosixPath(image.strip())
        row = Row(place=place, image=str(whole), label=EMOTIONS[int(code) - 1], split=split)
        aligned = Row(
            place=place,
            image=str(whole.with_stem(f"{whole.stem}_aligned")),
            label=row.label,
            split=split,
        )
        yield aligned if files.find(aligned, "") else row


SPEC = LayoutSpec(
    name=NAME,
    example=(
        "basic/Image/aligned/train_00001_aligned.jpg",
        "basic/Image/aligned/test_0001_aligned.jpg",
        "basic/EmoLabel/list_patition_label.txt: train_00001.jpg 5",
    ),
    images="the aligned images, an original one where it has no aligned copy",
    labels="the list: 1 surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral",
    splits="the names' own: train and test, the official ones",
    subjects="none",
    recognise=_recognise,
)
