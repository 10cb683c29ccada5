"""The ground of a run that makes a mistake on purpose: which images go into which pack."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.mistakes import ALTERED
from benchmarks.data.prepared import PreparedData
from benchmarks.protocol.schema import Protocol
from benchmarks.training.augmentation import DRAWS, standard
from datasets.digests import rows_digest
from datasets.images import image_id
from datasets.packs import pack
from datasets.records import DataError, DataSet, Split, SplitName
from datasets.splits import make_split, record_split

Rows = NDArray[np.int64]
Treated = tuple[DataSet, Split]


def apply_mistake(ground: PreparedData, protocol: Protocol) -> PreparedData:
    """Return ``ground`` as the protocol's mistake or counterpart has it; without one, itself.

    The packs of a mistake lie apart from all others, under its name. Only the mistake
    ``tune-on-test`` leaves the final fits on honest ground, and gives the trials another.
    """
    treatment = protocol.mistake or protocol.counterpart
    if treatment is None:
        return ground
    data, split = treated(ground.data, ground.split, treatment, protocol.seed)
    room = f"mistakes/{treatment}" if protocol.mistake else f"counterparts/{treatment}"
    laid = PreparedData(data, split, pack(data, split, room=room), ground.path)
    if treatment == "tune-on-test":
        return dataclasses.replace(ground, tuning=laid)
    return laid


def treated(data: DataSet, split: Split, treatment: str, seed: int) -> Treated:
    """Make data and split of an honest split as the mistake or counterpart ``treatment`` does.

    Only images of ``split`` are used, and train, validation and test keep their shares of them.
    In a mistake an image may stand in several splits, or several times in one. Where altered
    copies are made, the data are the old ones with the copies after them.
    Raises ``DataError`` where a class has too few images to be split.
    """
    return _TREATMENTS[treatment](data, split, seed)


def _on_test(data: DataSet, split: Split, seed: int) -> Treated:
    return data, _record(data, split.train, split.test, split.test, made=split.made)


def _test_in_training(data: DataSet, split: Split, seed: int) -> Treated:
    return data, _record(data, _pool(split), split.validation, split.test, made=split.made)


def _random_re_split(data: DataSet, split: Split, seed: int) -> Treated:
    return data, _at_random(data, _pool(split), split, seed)


def _grouped_re_split(data: DataSet, split: Split, seed: int) -> Treated:
    pool = _pool(split)
    unassigned = np.full(len(data.labels), "left out", dtype="U10")
    unassigned[pool] = ""
    return data, make_split(
        dataclasses.replace(data, split=unassigned),
        seed=seed,
        validation_share=len(split.validation) / len(pool),
        test_share=len(split.test) / len(pool),
    )


def _oversample_before_split(data: DataSet, split: Split, seed: int) -> Treated:
    return data, _at_random(data, _oversampled(data, _pool(split), seed), split, seed)


def _oversample_after_split(data: DataSet, split: Split, seed: int) -> Treated:
    _, grouped = _grouped_re_split(data, split, seed)
    train = _oversampled(data, grouped.train, seed)
    return data, _record(data, train, grouped.validation, grouped.test)


def _augment_before_split(data: DataSet, split: Split, seed: int) -> Treated:
    doubled, rows = _with_altered_copies(data, _pool(split), seed)
    return doubled, _at_random(doubled, rows, split, seed)


def _augment_after_split(data: DataSet, split: Split, seed: int) -> Treated:
    _, grouped = _grouped_re_split(data, split, seed)
    doubled, train = _with_altered_copies(data, grouped.train, seed)
    return doubled, _record(doubled, train, grouped.validation, grouped.test)


_TREATMENTS: Mapping[str, Callable[[DataSet, Split, int], Treated]] = MappingProxyType(
    {
        "select-on-test": _on_test,
        "tune-on-test": _on_test,
        "test-in-training": _test_in_training,
        "random-re-split": _random_re_split,
        "grouped-re-split": _grouped_re_split,
        "oversample-before-split": _oversample_before_split,
        "oversample-after-split": _oversample_after_split,
        "augment-before-split": _augment_before_split,
        "augment-after-split": _augment_after_split,
    }
)


def _record(
    data: DataSet, train: Rows, validation: Rows, test: Rows, *, made: bool = True
) -> Split:
    parts: dict[SplitName, Rows] = {"train": train, "validation": validation, "test": test}
    return record_split(data, parts, made=made)


def _pool(split: Split) -> Rows:
    return np.sort(np.concatenate([split.train, split.validation, split.test]))


def _at_random(data: DataSet, rows: Rows, split: Split, seed: int) -> Split:
    """Split ``rows`` image by image, stratified by class, in the proportions of ``split``."""
    from sklearn.model_selection import train_test_split

    pool = len(_pool(split))
    test = round(len(rows) * len(split.test) / pool)
    validation = round(len(rows) * len(split.validation) / pool)
    ordered = rows[np.lexsort((data.labels[rows], data.image_ids[rows]))]
    try:
        rest, test_rows = train_test_split(
            ordered, test_size=test, stratify=data.labels[ordered], random_state=seed
        )
        train_rows, validation_rows = train_test_split(
            rest, test_size=validation, stratify=data.labels[rest], random_state=seed
        )
    except ValueError as error:
        raise DataError(f"{data.name}: cannot be split at random: {error}") from error
    return _record(data, np.sort(train_rows), np.sort(validation_rows), np.sort(test_rows))


def _oversampled(data: DataSet, rows: Rows, seed: int) -> Rows:
    """Draw further rows of each class until all are as frequent as the largest."""
    rng = np.random.default_rng(seed)
    ordered = rows[np.lexsort((data.labels[rows], data.image_ids[rows]))]
    classes, counts = np.unique(data.labels[ordered], return_counts=True)
    drawn = [
        rng.choice(ordered[data.labels[ordered] == label], counts.max() - count)
        for label, count in zip(classes, counts, strict=True)
    ]
    return np.sort(np.concatenate([rows, *drawn]))


def _with_altered_copies(data: DataSet, rows: Rows, seed: int) -> tuple[DataSet, Rows]:
    """Put one copy of each of ``rows``, altered by the standard augmentation, after the data.

    Returns the longer data set, and ``rows`` with those of the copies.
    """
    height, width, _ = data.image_shape
    draws = np.random.default_rng(seed).random((len(rows), DRAWS))
    originals = data.images[rows]
    copies = standard(draws, height, width).apply(originals, np.arange(len(rows)))
    labels = np.concatenate([data.labels, data.labels[rows]])
    ids = np.concatenate([data.image_ids, [image_id(copy) for copy in copies]])
    paths = np.concatenate([data.paths, [f"{path}{ALTERED}" for path in data.paths[rows]]])
    split = np.concatenate([data.split, data.split[rows]])
    doubled = dataclasses.replace(
        data,
        images=np.concatenate([data.images, copies]),
        labels=labels,
        image_ids=ids,
        paths=paths,
        split=split,
        digest=rows_digest(data.class_names, zip(ids, labels, paths, split, strict=True)),
    )
    return doubled, np.concatenate([rows, np.arange(len(rows), dtype=np.int64) + len(data.labels)])
