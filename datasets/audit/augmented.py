"""Augmented copies by their names: what augmentation tools write beside the file they started from.

A name is taken for a copy's only where what it was made from, or another copy of that, stands in
the same folder.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

SUFFIX = r"\.(?:jpe?g|jfif|png|bmp|gif|webp|tiff?|pgm|ppm|avif)"
WORDS = (
    r"(?:aug(?:mented|mentation)?|copy|dup(?:licated?)?|[hv]?flip(?:ped)?_?(?:lr|ud|[hvxy])?"
    r"|mirror(?:ed)?|rot(?:ated?|ation)?|shift(?:ed)?|translated?|scaled?|zoom(?:ed)?|crop(?:ped)?"
    r"|noisy?|gauss(?:ian)?|blur(?:red)?|bright(?:er|ness|ened)?|dark(?:er|ened)?|contrast|gamma"
    r"|shear(?:ed)?|warp(?:ed)?|elastic|jitter(?:ed)?|sharp(?:en|ened)?|oversampled?|smote|synthetic)"
)
AMOUNT = r"[-_ ]?-?\d*(?:[.]\d+)?"
MADE = (
    re.compile(r"(?P<of>.+?) - (?i:copy)"),
    re.compile(rf"(?P<of>.+{SUFFIX})[-_ .]?\d*", re.IGNORECASE),
    re.compile(
        rf".+_original_(?P<of>.+?)(?:{SUFFIX})?_[0-9a-f]{{8}}-[0-9a-f-]{{27}}", re.IGNORECASE
    ),
    re.compile(rf"{WORDS}(?:{AMOUNT}[-_ ])(?P<of>.+)", re.IGNORECASE),
    re.compile(rf"(?P<of>.+?)(?:[-_ .]|(?<=\d)){WORDS}{AMOUNT}", re.IGNORECASE),
    re.compile(r"(?P<of>.+?) ?\(\d+\)"),
)
"""How tools and people name a copy's stem; ``of`` is that of what it was made from. In order:
``X - Copy.png``; ``X.jpg3.jpg``; Augmentor's ``class_original_X.png_<uuid>.png``;
``aug_12_X.png``; ``X_flip.png``; ``X (1).png``."""
KERAS = re.compile(r"(?P<of>.+_(?:0|[1-9]\d*))_(?:0|[1-9]\d{0,6})")
"""Keras' ``prefix_0_1234.png``: the number of the image, then one drawn at random."""
SPREAD = 3
"""Keras' numbers lie apart by more than this on the average; those of frames do not."""
DEEP = 5
"""Copies of copies that are looked through."""


def originals(paths: Sequence[str]) -> NDArray[np.str_]:
    """Return for each path what it is a copy of by its name, or ``""``: N strings.

    Of several copies without what they were made from, the first counts as the original.
    """
    made: dict[int, tuple[str, str]] = {}
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    keras = _keras(paths)
    for index, path in enumerate(map(PurePosixPath, paths)):
        base = keras.get(index) or _base(path.stem)
        groups[str(path.parent), base].append(index)
        made[index] = (path.stem, base)
    found = [""] * len(paths)
    for (_, base), members in groups.items():
        plain = [index for index in members if made[index][0] == base]
        for index in members:
            if index != (plain or members)[0] and made[index][0] != base:
                found[index] = paths[(plain or members)[0]]
    return np.array(found, dtype=np.str_)


def _base(stem: str) -> str:
    """Return the stem that is left when all that tools added is taken off."""
    for _ in range(DEEP):
        for pattern in MADE:
            if match := pattern.fullmatch(stem):
                stem = re.sub(rf"{SUFFIX}$", "", match["of"], flags=re.IGNORECASE)
                break
        else:
            break
    return stem


def _keras(paths: Sequence[str]) -> dict[int, str]:
    """Return index → base of those whose names are Keras': several random numbers for an image."""
    groups: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for index, path in enumerate(map(PurePosixPath, paths)):
        if match := KERAS.fullmatch(path.stem):
            number = int(path.stem.rpartition("_")[2])
            groups[str(path.parent), match["of"]].append((index, number))
    return {
        index: base
        for (_, base), members in groups.items()
        if _random([number for _, number in members])
        for index, _ in members
    }


def _random(numbers: Sequence[int]) -> bool:
    return len(numbers) > 1 and max(numbers) - min(numbers) > SPREAD * len(numbers)
