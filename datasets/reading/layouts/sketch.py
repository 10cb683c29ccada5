"""What a tree looks like in a few words, and which layouts it is most like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from datasets.reading.layouts.folders import Folder, folder_of
from datasets.reading.layouts.layout import LayoutSpec
from datasets.reading.listing import Listing

SHOWN = 6
NEAREST = 3


def sketch(listing: Listing) -> str:
    """Return the first folders and files of ``listing`` with how many images each holds."""
    root = folder_of(listing)
    while not root.images and not root.others and len(root.folders) == 1:
        (root,) = root.folders.values()
    parts = [_told(name, folder) for name, folder in sorted(root.folders.items())[:SHOWN]]
    if (more := len(root.folders) - SHOWN) > 0:
        parts.append(f"{more:,} more folders")
    if root.images:
        parts.append(f"{len(root.images):,} images such as {root.images[0].rsplit('/', 1)[-1]}")
    if root.others:
        parts.append(f"{len(root.others):,} other files such as {root.others[0]}")
    return ", ".join(parts) or "no files"


def nearest(listing: Listing, layouts: Sequence[LayoutSpec]) -> list[LayoutSpec]:
    """Return the three of ``layouts`` whose example is most like the paths of ``listing``."""
    names = [*listing.images, *(other.path for other in listing.others)]
    common = [shape for shape, _ in Counter(map(_shape, names)).most_common(SHOWN)]

    def likeness(spec: LayoutSpec) -> float:
        shapes = [_shape(path.split(": ")[0]) for path in spec.example]
        return max(
            (SequenceMatcher(None, one, other).ratio() for one in common for other in shapes),
            default=0.0,
        )

    return sorted(layouts, key=likeness, reverse=True)[:NEAREST]


def _told(name: str, folder: Folder) -> str:
    inner = f" in {', '.join(sorted(folder.filled)[:3])}" if folder.filled else ""
    more = " …" if len(folder.filled) > 3 else ""
    return f"{name}/ ({folder.count:,} images{inner}{more})"


def _shape(path: str) -> str:
    """Return ``path`` with its digits made alike, so that numbers do not count."""
    return re.sub(r"\d", "0", path)
