"""FER2013's classes in all the words and numbers that copies use for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from datasets.reading.fer2013_official import CLASS_NAMES, COUNTS
from datasets.reading.layouts.layout import Layout
from datasets.records import DataError

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The classes in the order of the codes 0 to 6 of ``fer2013.csv``."""
CONTEMPT = "contempt"
SYNONYMS = MappingProxyType(
    {
        "anger": "angry",
        "disgusted": "disgust",
        "fearful": "fear",
        "afraid": "fear",
        "happiness": "happy",
        "sadness": "sad",
        "surprised": "surprise",
        "neutrality": "neutral",
        "contemptuous": CONTEMPT,
    }
)
NUMBERED = re.compile(r"\d+[\W_]+(?=[a-z])|(?<=[a-z])[\W_]+\d+$")
"""The running number before or behind a class's word, as in ``0_angry``."""


def expression(word: str) -> str:
    """Return the class that ``word`` means, in any case and with a number; ``""`` for none."""
    plain = NUMBERED.sub("", word.strip().lower())
    name = SYNONYMS.get(plain, plain)
    return name if name in (*CLASS_NAMES, CONTEMPT) else ""


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
    if folder.isdecimal() and int(folder) < len(order):
        return CLASS_NAMES.index(order[int(folder)])
    name = expression(folder)
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
            if folder.isdecimal() and int(folder) < len(order):
                label = CLASS_NAMES.index(order[int(folder)])
                agree += count == sum(counts[label] for counts in COUNTS.values())
                agree += trained[folder] == COUNTS["train"][label]
        return agree

    return max(EMOTIONS, CLASS_NAMES, key=agreeing)
