"""Duplicates inside and across the splits: which images, how many, and with which labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audit.examination import Examination
from datasets.records import SPLIT_NAMES


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one image stands: its row in ``splits.parquet``, path, split and class."""

    row: int
    path: str
    split: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Shared:
    """How many different pictures stand in both of two splits."""

    one: str
    other: str
    pictures: int


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Images with identical pixels.

    ``redundant``: split → images beyond the first of each picture. ``test_images``: split → test
    images that have a duplicate there. ``groups``: the places of each picture that has several;
    in ``contradicting_groups`` of them, with ``contradicting_images``, the labels differ.
    """

    pictures: int
    redundant: dict[str, int]
    shared: tuple[Shared, ...]
    test_images: dict[str, int]
    contradicting_groups: int
    contradicting_images: int
    groups: tuple[tuple[Place, ...], ...]


@dataclass(frozen=True, kw_only=True)
class NearPair:
    """Two places whose pictures are near duplicates; of identical images the first is named."""

    one: Place
    other: Place
    correlation: float
    mirrored: bool


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """Pictures that are nearly, and not quite, the same.

    ``searched`` counts the pictures that were compared, each with each; where the search was
    given up, ``not_searched`` says why. ``threshold`` is the correlation from which a pair counts
    (see `datasets.audit.near_duplicates`), ``mirrored_threshold`` that of a mirrored pair, ``None``
    in audits of earlier versions, where both were one. ``shared``: pairs of which one stands in
    each of two splits. ``test_images``: split → test images that have a near duplicate there.
    """

    searched: int
    not_searched: str
    threshold: float
    shared: tuple[Shared, ...]
    test_images: dict[str, int]
    contradicting: int
    pairs: tuple[NearPair, ...]
    mirrored_threshold: float | None = None


def duplicates(table: pd.DataFrame) -> Duplicates:
    """Find identical images in ``table``: ``row``, ``image_id``, ``path``, ``label``, ``split``."""
    held = _held(table)
    labels = table.groupby("image_id")["label"].nunique()
    contradicting = table["image_id"].isin(labels.index[labels > 1])
    copied = table[table["image_id"].duplicated(keep=False)]
    groups = [tuple(map(place, part.itertuples())) for _, part in copied.groupby("image_id")]
    return Duplicates(
        pictures=int(table["image_id"].nunique()),
        redundant={
            name: int((table["split"] == name).sum()) - len(ids) for name, ids in held.items()
        },
        shared=tuple(
            Shared(one=one, other=other, pictures=len(held[one] & held[other]))
            for one, other in combinations(SPLIT_NAMES, 2)
        ),
        test_images=_test_images(table, held),
        contradicting_groups=int((labels > 1).sum()),
        contradicting_images=int(contradicting.sum()),
        groups=tuple(sorted(groups, key=lambda group: group[0].row)),
    )


def near_duplicates(
    table: pd.DataFrame, image_ids: NDArray[np.str_], found: Examination
) -> NearDuplicates:
    """Place the pairs of ``found`` in ``table``; ``image_ids`` are those of the whole data set.

    Pairs of which one picture is in no split are left out.
    """
    held = _held(table)
    first = {row.image_id: place(row) for row in table.drop_duplicates("image_id").itertuples()}
    ends = np.stack([image_ids[found.pairs.one], image_ids[found.pairs.other]], axis=1).tolist()
    standing = [index for index, pair in enumerate(ends) if pair[0] in first and pair[1] in first]
    pairs = [
        _pair(first[one], first[other], found, index)
        for index, (one, other) in ((index, ends[index]) for index in standing)
    ]
    ends = [ends[index] for index in standing]
    near = {
        name: {one for pair in ends for one, other in permutations(pair) if other in ids}
        for name, ids in held.items()
    }
    return NearDuplicates(
        searched=found.searched,
        not_searched=found.not_searched,
        threshold=round(found.pairs.threshold, 4),
        mirrored_threshold=round(found.pairs.mirrored_threshold, 4),
        shared=tuple(
            Shared(one=a, other=b, pictures=sum(_across(pair, held[a], held[b]) for pair in ends))
            for a, b in combinations(SPLIT_NAMES, 2)
        ),
        test_images=_test_images(table, near),
        contradicting=sum(pair.one.label != pair.other.label for pair in pairs),
        pairs=tuple(sorted(pairs, key=lambda pair: (pair.one.row, pair.other.row))),
    )


def _held(table: pd.DataFrame) -> dict[str, set[str]]:
    return {name: set(table.loc[table["split"] == name, "image_id"]) for name in SPLIT_NAMES}


def _test_images(table: pd.DataFrame, elsewhere: Mapping[str, set[str]]) -> dict[str, int]:
    test = table.loc[table["split"] == "test", "image_id"]
    return {name: int(test.isin(list(elsewhere[name])).sum()) for name in ("train", "validation")}


def _across(pair: Sequence[str], here: set[str], there: set[str]) -> bool:
    return any(one in here and other in there for one, other in permutations(pair))


def place(row: Any) -> Place:
    """Return where the image of one row of the table stands."""
    return Place(row=int(row.row), path=row.path, split=row.split, label=row.label)


def _pair(one: Place, other: Place, found: Examination, index: int) -> NearPair:
    first, second = sorted((one, other), key=lambda place: place.row)
    return NearPair(
        one=first,
        other=second,
        correlation=round(float(found.pairs.correlation[index]), 4),
        mirrored=bool(found.pairs.mirrored[index]),
    )
