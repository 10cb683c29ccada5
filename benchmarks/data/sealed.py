"""What a process that learns must not open: the places that show a test image or its label."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.data.mistakes import ROOMS
from benchmarks.data.prepared import PreparedData
from datasets.audit.examination import AUDITS
from datasets.cache.decoded import DECODED, cache_folder
from datasets.cache.packs import SEALED, SPLITS


def sealed_places(sets: Sequence[PreparedData], needed: Iterable[Path]) -> list[Path]:
    """Name the places that show test images of ``sets``: in the cache, and the user's own files.

    The latter stay open where something ``needed`` lies in the same folder: the cache, the code
    or Python, or what else the process must read.
    """
    kept = [cache_folder(), Path(__file__), Path(sys.prefix), *needed]
    originals = [
        each.path
        for each in sets
        if each.path and not any(n.resolve().is_relative_to(each.path.resolve()) for n in kept)
    ]
    return [*sealed_rooms(), *originals]


def sealed_rooms() -> list[Path]:
    """Name the folders of the cache that show test images: sealed packs, decoded data, audits."""
    return [cache_folder() / room for room in (SEALED, DECODED, AUDITS)]


def packed_rooms() -> list[Path]:
    """Name the folders of the cache that show validation images: the packs of all trainings."""
    return [cache_folder() / room for room in (SPLITS, *ROOMS)]
