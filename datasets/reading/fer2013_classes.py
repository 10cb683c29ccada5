"""FER2013's class folders, which copies name by words or by numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.reading.fer2013_official import CLASS_NAMES, COUNTS
from datasets.reading.layouts.layout import Layout
from datasets.reading.numbers import whole_number
from datasets.reading.words import expression_of
from datasets.records import DataError

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The classes in the order of the codes 0 to 6 of ``fer2013.csv``."""


def labels_of_folders(path: Path, layout: Layout) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """Return class folder → class index, and a note where folders are only numbers.

    Numbers are the CSV's codes, or places in the alphabet where the published counts say so.
    Raises ``DataError`` for a folder that is none of FER2013's classes.
    """
    codes = [folder for folder in layout.class_names if folder.isdecimal()]
    order = _order(layout) if codes else EMOTIONS
    labels = {folder: _label(path, folder, order) for folder in layout.class_names}
    if not codes:
        return labels, ()
    told = ", ".join(f"{folder} {CLASS_NAMES[labels[folder]]}" for folder in codes)
    why = "the codes of fer2013.csv" if order == EMOTIONS else "the classes in alphabetical order"
    return labels, (f"numbered class folders are read as {why}: {told}",)


def _label(path: Path, folder: str, order: Sequence[str]) -> int:
    code = whole_number(folder)
    if code is not None and code < len(order):
        return CLASS_NAMES.index(order[code])
    name = expression_of(folder)
    if name not in CLASS_NAMES:
        raise DataError(
            f"{path}: class folder {folder!r} is none of FER2013's ({', '.join(CLASS_NAMES)}); "
            "read other data as image-folder"
        )
    return CLASS_NAMES.index(name)


def _order(layout: Layout) -> Sequence[str]:
    """Return the order in which more folders have as many images as the published class."""
    found = Counter(entry.class_name for entry in layout.entries)
    trained = Counter(entry.class_name for entry in layout.entries if entry.split == "train")

    def agreeing(order: Sequence[str]) -> int:
        agree = 0
        for folder, count in found.items():
            code = whole_number(folder)
            if code is not None and code < len(order):
                label = CLASS_NAMES.index(order[code])
                agree += count == sum(counts[label] for counts in COUNTS.values())
                agree += trained[folder] == COUNTS["train"][label]
        return agree

    return max(EMOTIONS, CLASS_NAMES, key=agreeing)
