"""CK+ as it is published (Lucey et al. 2010): sequences of frames, and an emotion for some."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath

from datasets.reading.layouts.class_folders import candidate
from datasets.reading.layouts.layout import Entry, Layout, LayoutSpec, below_their_root, unused
from datasets.reading.layouts.names import named_images
from datasets.reading.listing import Listing
from datasets.reading.numbers import in_natural_order
from datasets.reading.subjects import CK_PLUS
from datasets.reading.words import expression_of
from datasets.records import DataError

NAME = "CK+"
EMOTIONS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
FRAMES = 3
"""Frames taken of a sequence, from its end: a sequence runs from neutral to the peak."""
_LABEL = re.compile(r"(?i)(S\d{3})_(\d{3})_\d+_emotion\.txt")
Sequence = tuple[str, str]


def _recognise(listing: Listing) -> Layout | None:
    labels = _labels(listing)
    named = named_images(listing, CK_PLUS) if labels else {}
    if not named or _in_expression_folders(listing):
        return None
    sequences: defaultdict[Sequence, list[str]] = defaultdict(list)
    for name, match in named.items():
        sequence = match["subject"].upper(), match["sequence"]
        sequences[sequence].append(name)
    entries = below_their_root(
        Entry(name=name, path=name, split="", class_name=labels[sequence], subject=sequence[0])
        for sequence, frames in sequences.items()
        if sequence in labels
        for name in sorted(frames, key=in_natural_order)[-FRAMES:]
    )
    place = {name: (match["subject"].upper(), match["sequence"]) for name, match in named.items()}

    def reason(name: str) -> str:
        if name not in place:
            return "its name is none of CK+'s"
        if place[name] not in labels:
            return "its sequence has no emotion"
        return f"not among the last {FRAMES} frames of its sequence"

    labelled = sequences.keys() & labels.keys()
    rule = (
        f"CK+: the last {FRAMES} frames of the {len(labelled):,} sequences with an emotion, "
        f"the usual rule; {len(sequences) - len(labelled):,} sequences have none"
    )
    lost = len(labels.keys() - sequences.keys())
    lost_note = (f"emotions of sequences that are not here: {lost:,}",) if lost else ()
    left_out = unused(listing, entries, reason)
    return Layout(name=NAME, entries=entries, left_out=left_out, notes=(rule, *lost_note))


def _labels(listing: Listing) -> dict[Sequence, str]:
    """Return the emotion of each sequence that has one."""
    found: dict[Sequence, str] = {}
    for other in listing.others:
        if match := _LABEL.fullmatch(PurePosixPath(other.path).name):
            emotion = _emotion(other.path, listing.tree.read(other.path))
            sequence = match[1].upper(), match[2]
            if found.setdefault(sequence, emotion) != emotion:
                raise DataError(f"{other.path}: {emotion}, but another file has {found[sequence]}")
    return found


def _emotion(name: str, content: bytes) -> str:
    try:
        code = float(content.decode("ascii"))
    except ValueError:
        code = -1
    if code not in range(len(EMOTIONS)):
        raise DataError(f"{name}: {content[:20]!r} is no emotion; expected one number, 0 to 7")
    return EMOTIONS[int(code)]


def _in_expression_folders(listing: Listing) -> bool:
    found = candidate(listing)
    return found is not None and sum(map(bool, map(expression_of, found.class_names))) > 1


SPEC = LayoutSpec(
    name=NAME,
    example=(
        "cohn-kanade-images/S005/001/S005_001_00000011.png",
        "cohn-kanade-images/S010/002/S010_002_00000014.png",
        "Emotion/S005/001/S005_001_00000011_emotion.txt",
    ),
    images="the last three frames of each sequence with an emotion; neutral first frames are not",
    labels="Emotion/…_emotion.txt: 0 neutral, 1 angry, 2 contempt, 3 disgust, 4 fear, 5 happy, "
    "6 sad, 7 surprise",
    splits="none",
    subjects="S and three digits",
    recognise=_recognise,
)
