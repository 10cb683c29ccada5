"""Making a split: the source's own where it exists, else stratified, seeded and free of leaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from datasets.audit.groups import subject_groups
from datasets.cache.digests import rows_digest
from datasets.left_out import too_few
from datasets.records import SPLIT_NAMES, DataError, DataSet, Policy, Split, SplitName

Rows = NDArray[np.int64]
FOLDS = 20
"""Parts into which groups are dealt; a split made of groups takes whole ones."""
DEALS = 20
"""How often groups are dealt anew where a split got no image of a class."""


def make_split(
    data: DataSet,
    *,
    seed: int,
    train_images: int | None = None,
    validation_share: float = 0.1,
    test_share: float = 0.2,
    duplicates: Policy = "keep",
    groups: NDArray[np.int64] | None = None,
) -> Split:
    """Split ``data`` into train, validation and test.

    Splits that the source has are kept whole. A missing one is taken from the images that are
    in train or in no split: ``test_share`` and ``validation_share`` of the different ones,
    stratified by class, with pixel-identical images on one side. Then ``train_images`` takes a
    stratified subset of train. What is drawn depends on ``seed``, pixels and labels, not on the
    order or names of the files. Where the data set knows its subjects, a split that is made here
    keeps all images of one on one side too. Raises ``DataError`` where a class has too few images
    or subjects.

    ``duplicates`` is the policy. ``keep`` (the default) leaves the source's splits as they are.
    ``drop-train-duplicates`` takes every image out of train and validation whose pixels are also
    those of a test image (near duplicates stay). ``group`` is for splits that are made here: it
    keeps all images of one of ``groups`` (int64, N; see `datasets.audit.groups`) on one side,
    drawn by scikit-learn's ``StratifiedGroupKFold``, and raises ``DataError`` where the source
    has every split.
    """
    parts: dict[SplitName, Rows] = {
        name: np.flatnonzero(data.split == name) for name in SPLIT_NAMES
    }
    shares: dict[SplitName, float] = {"test": test_share, "validation": validation_share}
    missing = {name: share for name, share in shares.items() if not len(parts[name])}
    pool = np.flatnonzero((data.split == "train") | (data.split == ""))
    if duplicates == "group":
        parts |= _grouped(data, pool, groups, missing, seed)
    elif missing and (data.subjects[pool] != "").any():
        parts |= _grouped(data, pool, subject_groups(data), missing, seed)
    else:
        distinct = _Distinct(data, pool)
        distinct.require(missing)
        for name, share in missing.items():
            parts[name] = distinct.take(share, seed)
        parts["train"] = distinct.rest()
    dropped = _drop(data, parts) if duplicates == "drop-train-duplicates" else {}
    if train_images is not None:
        parts["train"] = _subset(data, parts["train"], train_images, seed)
    _require_every_class(data, parts["train"])
    made = bool(missing) or bool((data.split == "").any())
    return record_split(data, parts, made=made, policy=duplicates, dropped=dropped)


def _drop(data: DataSet, parts: dict[SplitName, Rows]) -> dict[str, int]:
    """Take what the test set also holds out of the other ``parts``; return how many it was."""
    dropped = {}
    for name in ("train", "validation"):
        held = np.isin(data.image_ids[parts[name]], data.image_ids[parts["test"]])
        parts[name] = parts[name][~held]
        dropped[name] = int(held.sum())
    if not len(parts["validation"]):
        raise DataError(
            f"{data.name}: the test set holds every validation image, so drop-train-duplicates "
            'leaves none; use duplicates = "keep" or another validation split'
        )
    return dropped


def _grouped(
    data: DataSet,
    pool: Rows,
    groups: NDArray[np.int64] | None,
    shares: Mapping[SplitName, float],
    seed: int,
) -> dict[SplitName, Rows]:
    """Deal ``pool`` out to the missing splits and train, each group whole."""
    if not shares:
        raise DataError(
            f'{data.name} has an official split: duplicates = "group" is for splits made here; '
            'use "keep" or "drop-train-duplicates"'
        )
    if groups is None:
        raise ValueError("the policy group needs groups")
    rows = _ordered(data, pool)
    labels = data.labels[rows]
    _, first, group = np.unique(groups[rows], return_index=True, return_inverse=True)
    folds = min(FOLDS, len(first), int(np.unique(labels, return_counts=True)[1].min()))
    takes = {name: max(1, round(share * folds)) for name, share in shares.items()}
    if sum(takes.values()) >= folds:
        raise DataError(
            f"{data.name}: {len(first)} groups of images that belong together (subjects, copies), "
            "or a class, are too few to be split; "
            + too_few(data, "add images or give a split of your own")
        )
    by_place = np.argsort(np.argsort(first))[group]
    for deal in range(DEALS):
        dealt = _dealt(labels, by_place, folds, seed + deal)
        if deal:  # the dealer gives unlike groups out first, so to the same parts each time
            dealt = np.random.default_rng((seed % 2**32, deal)).permutation(folds)[dealt]
        parts: dict[SplitName, Rows] = {}
        start = 0
        for name, count in takes.items():
            parts[name] = np.sort(rows[(dealt >= start) & (dealt < start + count)])
            start += count
        parts["train"] = np.sort(rows[dealt >= start])
        classes = len(np.unique(labels))
        if all(len(np.unique(data.labels[part])) == classes for part in parts.values()):
            return parts
    raise DataError(_without_a_class(data, labels, group))


def _dealt(labels: Rows, group: Rows, folds: int, seed: int) -> Rows:
    """Return the fold of each image; images of one ``group`` have the same."""
    from sklearn.model_selection import StratifiedGroupKFold

    dealt = np.empty(len(labels), np.int64)
    dealer = StratifiedGroupKFold(folds, shuffle=True, random_state=seed % 2**32)
    for fold, (_, taken) in enumerate(dealer.split(labels, labels, group)):
        dealt[taken] = fold
    return dealt


def _without_a_class(data: DataSet, labels: Rows, group: Rows) -> str:
    """Say which class so few groups hold that no split had it in every part."""
    held = {int(label): len(np.unique(group[labels == label])) for label in np.unique(labels)}
    rarest = min(held, key=lambda label: held[label])
    return (
        f"{data.name}: class {data.class_names[rarest]!r} is in {held[rarest]} groups of images "
        "that belong together (subjects, copies), too few to be in train, validation and test; "
        "add images, give a split of your own, or leave the class out"
    )


def _among(data: DataSet, class_name: str) -> int:
    return int((data.labels == data.class_names.index(class_name)).sum())


class _Distinct:
    """The different images among ``rows``, from which whole groups of identical ones are taken."""

    def __init__(self, data: DataSet, rows: Rows) -> None:
        self._data = data
        self._rows = _ordered(data, rows)
        ids, first, group = np.unique(
            data.image_ids[self._rows], return_index=True, return_inverse=True
        )
        self._group = group
        self._labels = data.labels[self._rows][first]
        self._free = np.ones(len(ids), dtype=bool)

    def require(self, shares: Mapping[SplitName, float]) -> None:
        """Raise ``DataError`` unless every class is large enough for every share."""
        if not shares:
            return
        if min(shares.values()) <= 0 or sum(shares.values()) >= 1:
            raise DataError(f"shares {shares}: each must be above 0 and their sum below 1")
        enough = math.ceil(1 / min(shares.values())) + 1
        counts = np.bincount(self._labels, minlength=len(self._data.class_names))
        for name, count in zip(self._data.class_names, counts, strict=True):
            if count < enough:
                raise DataError(
                    f"{self._data.name}: class {name!r} has {count} different images to make a "
                    f"split of, too few (it has {_among(self._data, name)} in all; {enough} "
                    "different ones are enough); "
                    + too_few(self._data, "add images or leave the class out", name)
                )

    def take(self, share: float, seed: int) -> Rows:
        """Take ``share`` of all the different images out of those still free."""
        free = np.flatnonzero(self._free)
        count = round(share * len(self._free))
        taken = _stratified(free, self._labels[free], count, seed)
        self._free[taken] = False
        return np.sort(self._rows[np.isin(self._group, taken)])

    def rest(self) -> Rows:
        """Return the rows whose images have not been taken."""
        return np.sort(self._rows[self._free[self._group]])


def _ordered(data: DataSet, rows: Rows) -> Rows:
    """Sort ``rows`` by what the images are, so that chance does not depend on their places."""
    return rows[np.lexsort((data.labels[rows], data.image_ids[rows]))]


def _stratified(rows: Rows, labels: Rows, count: int, seed: int) -> Rows:
    from sklearn.utils import resample

    drawn: Rows = resample(rows, replace=False, n_samples=count, stratify=labels, random_state=seed)
    return drawn


def _subset(data: DataSet, rows: Rows, count: int, seed: int) -> Rows:
    if not len(data.class_names) <= count <= len(rows):
        raise DataError(
            f"{data.name}: train_images is {count:,}; expected between {len(data.class_names)} "
            f"(one for each class) and {len(rows):,} (the whole of train)"
        )
    return stratified_part(data, rows, count, seed)


def stratified_part(data: DataSet, rows: Rows, count: int, seed: int) -> Rows:
    """Return ``count`` of ``rows``, sorted, each class with its share.

    What is drawn depends on ``seed``, pixels and labels, not on the order of the files.
    """
    ordered = _ordered(data, rows)
    return np.sort(_stratified(ordered, data.labels[ordered], count, seed))


def _require_every_class(data: DataSet, rows: Rows, split: SplitName = "train") -> None:
    counts = np.bincount(data.labels[rows], minlength=len(data.class_names))
    remedy = "raise train_images" if split == "train" else 'use duplicates = "keep"'
    for name, count in zip(data.class_names, counts, strict=True):
        if not count:
            kind = "training" if split == "train" else split
            raise DataError(
                f"{data.name}: no {kind} image of class {name!r}; "
                + too_few(data, f"add some, {remedy}, or leave the class out", name, split)
            )


def record_split(
    data: DataSet,
    parts: Mapping[SplitName, Rows],
    *,
    made: bool,
    policy: Policy = "keep",
    dropped: Mapping[str, int] = MappingProxyType({}),
) -> Split:
    """Return the split that ``parts`` make, with its digests."""
    rows = {name: _described(data, name, parts[name]) for name in SPLIT_NAMES}
    training = rows["train"] + rows["validation"]
    return Split(
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        digest=rows_digest(data.class_names, training + rows["test"]),
        training_digest=rows_digest(data.class_names, training),
        made=made,
        policy=policy,
        dropped=dropped,
    )


def _described(data: DataSet, name: str, rows: Rows) -> list[tuple[object, ...]]:
    ids, labels, paths = data.image_ids[rows], data.labels[rows], data.paths[rows]
    return [(name, *row) for row in zip(ids.tolist(), labels.tolist(), paths.tolist(), strict=True)]
