"""What is examined of a data set's pictures once, whatever the split: kept in the cache."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.audit import alike, chance, details, hashes, measures, near_duplicates
from datasets.audit.measures import Measures, measure
from datasets.audit.near_duplicates import NearPairs, TooAlike, reduced
from datasets.cache.builds import build_once
from datasets.cache.decoded import cache_folder
from datasets.files import sha256_of
from datasets.reading import images
from datasets.records import DataSet, Progress

BLANK = 5.0
"""Contrast, in grey levels, below which an image is blank."""
AUDITS = "audits"
"""The folder in the cache."""
PICTURES, META = "pictures.npz", "meta.json"


@dataclass(frozen=True, kw_only=True)
class Examination:
    """``measures`` has an entry for each image; ``pairs`` are rows of the data set.

    Of identical images ``pairs`` names one. Blank ones are not searched. Where the search was
    given up, ``pairs`` is empty and ``not_searched`` says why.
    """

    measures: Measures
    pairs: NearPairs
    searched: int
    not_searched: str = ""

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Whether each image is blank or nearly so, bool, N."""
        return np.asarray(self.measures.contrast < BLANK, np.bool_)


def examine(
    data: DataSet, *, cache: Path | None = None, progress: Progress | None = None
) -> Examination:
    """Measure the images of ``data`` and find near duplicates, or take both from the cache.

    The entry is named by the data, this code and the decoder. ``progress(done, total)`` is called
    during the search.
    """
    place = (cache or cache_folder()) / AUDITS / examination_key(data)
    return _load(build_once(place, _intact, lambda folder: _write(folder, data, progress)))


def examination_key(data: DataSet) -> str:
    """Return what names the examination of ``data``: its digest, this code and the decoder."""
    modules = (images, measures, near_duplicates, hashes, alike, details, chance)
    files = [Path(__file__), *(Path(str(module.__file__)) for module in modules)]
    code = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    parts = [data.digest, *map(str, data.images.shape), code, cv2.__version__]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def examine_pictures(
    pictures: NDArray[np.uint8],
    rows: NDArray[np.int64],
    measured: Measures,
    place: Path,
    progress: Progress | None,
) -> Examination:
    """Find near duplicates among the ``rows`` of ``pictures``, or take them from ``place``.

    ``pictures``: uint8 N×48×48; the measures are those given.
    """

    def search(folder: Path) -> None:
        _search(folder, pictures, rows, measured, progress)

    return _load(build_once(place, _intact, search))


def _write(folder: Path, data: DataSet, progress: Progress | None) -> None:
    measured = measure(data.images)
    _, first = np.unique(data.image_ids, return_index=True)
    rows = first[measured.contrast[first] >= BLANK]
    _search(folder, reduced(data.images), rows, measured, progress)


def _search(
    folder: Path,
    pictures: NDArray[np.uint8],
    rows: NDArray[np.int64],
    measured: Measures,
    progress: Progress | None,
) -> None:
    reason = ""
    try:
        pairs = near_duplicates.near_duplicates(pictures, progress, among=rows)
    except TooAlike as error:
        pairs, reason = near_duplicates.near_duplicates(pictures[:0]), str(error)
    np.savez(folder / PICTURES, **asdict(measured), **asdict(pairs))
    meta = {
        "searched": 0 if reason else len(rows),
        "not_searched": reason,
        "sha256": sha256_of(folder / PICTURES),
    }
    (folder / META).write_text(json.dumps(meta), encoding="utf-8")


def _intact(folder: Path) -> bool:
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        return bool(meta["sha256"] == sha256_of(folder / PICTURES))
    except (OSError, ValueError, KeyError):
        return False


def _load(folder: Path) -> Examination:
    meta = json.loads((folder / META).read_text(encoding="utf-8"))
    with np.load(folder / PICTURES) as held:
        arrays = dict(held)
    return Examination(
        measures=Measures(**{name: arrays[name] for name in measures.MEASURES}),
        pairs=NearPairs(
            one=arrays["one"],
            other=arrays["other"],
            correlation=arrays["correlation"],
            mirrored=arrays["mirrored"],
            threshold=float(arrays["threshold"]),
            mirrored_threshold=float(arrays["mirrored_threshold"]),
        ),
        searched=meta["searched"],
        not_searched=meta["not_searched"],
    )
