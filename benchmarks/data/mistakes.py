"""The mistakes that a run can make on purpose, and the honest counterparts beside them.

Each is a row with what it does: a treatment changes which images go into which pack, a way of
reporting chooses which answers of the honest run are told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.prepared import PreparedData
from benchmarks.errors import InputError, nearest
from benchmarks.protocol.schema import Protocol
from benchmarks.training.augmentation import DRAWS, standard
from datasets.cache.digests import rows_digest
from datasets.cache.packs import pack
from datasets.reading.images import image_id
from datasets.records import DataError, DataSet, Split, SplitName
from datasets.splits import Rows, make_split, record_split

ALTERED = "#altered"
"""What is added to the path of an image to name its altered copy."""

HONEST = "honest"
"""The name of the run that makes no mistake and keeps the data set's own split."""
ROOMS = ("mistakes", "counterparts")
"""The folders of the cache that the packs of mistakes lie in, and those of their counterparts."""

Treated = tuple[DataSet, Split]
Treatment = Callable[[DataSet, Split, int], Treated]
"""Data, honest split and seed → data and split as a mistake or a counterpart has them.

Only images of the split are used, and train, validation and test keep their shares of them. In a
mistake an image may stand in several splits, or several times in one. Where altered copies are
made, the data are the old ones with the copies after them.
"""


@dataclass(frozen=True)
class Reported:
    """Which answers are told: those on the images of ``split``, of the seeds at ``places``."""

    split: SplitName
    places: tuple[int, ...]


Reporting = Callable[[NDArray[np.bool_]], Reported]
"""Which test answers of the honest run are right, bool, seeds × images → what is told."""


@dataclass(frozen=True, kw_only=True)
class Counterpart:
    """The right way to do what a mistake does wrongly."""

    name: str
    description: str
    treatment: Treatment


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A common mistake: what is done, and the honest run that differs in nothing else.

    It has a ``treatment``, or else a way of ``reporting`` the honest run, which then needs
    ``fewest_seeds``. With ``trials_only`` the trials alone stand on what the treatment makes, and
    the final fits on honest data. ``same_images`` tells whether its score and that of
    ``counterpart`` are for the same images.
    """

    name: str
    title: str
    description: str
    treatment: Treatment | None = None
    reporting: Reporting | None = None
    fewest_seeds: int = 1
    counterpart: str = HONEST
    trials_only: bool = False
    same_images: bool = True

    @property
    def trained(self) -> bool:
        """Whether it needs a training of its own."""
        return self.treatment is not None


def apply_mistake(prepared: PreparedData, protocol: Protocol) -> PreparedData:
    """Return ``prepared`` as the protocol's mistake or counterpart has it; without one, itself.

    The packs of a mistake lie apart from all others, under its name. Raises ``InputError`` where
    there is none of that name.
    """
    check_experiment(protocol)
    name = protocol.mistake or protocol.counterpart
    if name is None:
        return prepared
    data, split = treated(prepared.data, prepared.split, name, protocol.seed)
    room = f"{ROOMS[0] if protocol.mistake else ROOMS[1]}/{name}"
    changed = PreparedData(data, split, pack(data, split, room=room), prepared.path)
    if any(mistake.name == name and mistake.trials_only for mistake in MISTAKES):
        return dataclasses.replace(prepared, tuning=changed)
    return changed


def check_experiment(protocol: Protocol) -> None:
    """Raise ``InputError`` where a protocol's mistake or counterpart is none that can be made."""
    _check("mistake", protocol.mistake, [m.name for m in MISTAKES if m.trained])
    _check("counterpart", protocol.counterpart, [each.name for each in COUNTERPARTS])


def _check(key: str, given: str | None, known: list[str]) -> None:
    if given is not None and given not in known:
        *most, last = map(repr, known)
        meant = nearest(given, known)
        hint = f"; did you mean {meant!r}?" if meant else ""
        raise InputError(f"{key}: should be {', '.join(most)} or {last} (got {given!r}){hint}")


def treatments() -> Iterator[tuple[str, Treatment]]:
    """Yield the name and the treatment of each counterpart, and of each mistake that has one."""
    for counterpart in COUNTERPARTS:
        yield counterpart.name, counterpart.treatment
    for mistake in MISTAKES:
        if mistake.treatment is not None:
            yield mistake.name, mistake.treatment


def treated(data: DataSet, split: Split, name: str, seed: int) -> Treated:
    """Make of an honest split what the mistake or counterpart ``name`` does (`Treatment`).

    Raises ``DataError`` where a class has too few images to be split.
    """
    return dict(treatments())[name](data, split, seed)


def description(name: str) -> str:
    """Say what the mistake or counterpart ``name`` does; one that is unknown here says its name."""
    known = {counterpart.name: counterpart.description for counterpart in COUNTERPARTS}
    known |= {mistake.name: mistake.description for mistake in MISTAKES}
    return known.get(name, name)


def announcement(mistake: str | None, counterpart: str | None) -> str:
    """Say in a sentence what a run of the leak laboratory does; empty for any other run."""
    if mistake:
        return (
            f"This run makes a known mistake on purpose: {description(mistake)}. "
            "Its scores say nothing about the network and are never ranked."
        )
    if counterpart:
        return (
            f"A counterpart in the leak laboratory: {description(counterpart)}. "
            "It is honest, but compares with the mistake beside it alone."
        )
    return ""


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


def _best_of_seeds(correct: NDArray[np.bool_]) -> Reported:
    return Reported("test", (int(correct.mean(axis=1).argmax()),))


def _validation_as_test(correct: NDArray[np.bool_]) -> Reported:
    return Reported("validation", tuple(range(len(correct))))


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
        subjects=np.concatenate([data.subjects, data.subjects[rows]]),
        targets=None if data.targets is None else data.targets[[*range(len(data.labels)), *rows]],
        digest=rows_digest(data.class_names, zip(ids, labels, paths, split, strict=True)),
    )
    return doubled, np.concatenate([rows, np.arange(len(rows), dtype=np.int64) + len(data.labels)])


COUNTERPARTS: tuple[Counterpart, ...] = (
    Counterpart(
        name="grouped-re-split",
        description="all images are pooled and split anew, "
        "with all copies of a picture on one side",
        treatment=_grouped_re_split,
    ),
    Counterpart(
        name="oversample-after-split",
        description="all images are pooled and split anew, with all copies of a "
        "picture on one side; then the smaller classes of the training images alone are filled up "
        "with copies",
        treatment=_oversample_after_split,
    ),
    Counterpart(
        name="augment-after-split",
        description="all images are pooled and split anew, with all copies of a "
        "picture on one side; then each training image, and no other, gets an altered copy",
        treatment=_augment_after_split,
    ),
)

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        name="select-on-test",
        title="Selecting on the test set",
        description="the score on the test images chooses the best epoch and stops the training",
        treatment=_on_test,
    ),
    Mistake(
        name="tune-on-test",
        title="Tuning on the test set",
        description="the score on the test images chooses the hyperparameters",
        treatment=_on_test,
        trials_only=True,
    ),
    Mistake(
        name="best-of-seeds",
        title="Reporting the best of several seeds",
        description="the network is trained with several seeds, and the best test score is "
        "reported",
        reporting=_best_of_seeds,
        fewest_seeds=2,
    ),
    Mistake(
        name="validation-as-test",
        title="Reporting validation as test",
        description="the score on the validation images, which have chosen the epoch and the "
        "hyperparameters, is reported as if they had not",
        reporting=_validation_as_test,
        same_images=False,
    ),
    Mistake(
        name="random-re-split",
        title="A random re-split that parts duplicates",
        description="all images are pooled and split anew, image by image and at random, "
        "so that copies of one picture stand on both sides",
        counterpart="grouped-re-split",
        same_images=False,
        treatment=_random_re_split,
    ),
    Mistake(
        name="oversample-before-split",
        title="Oversampling before the split",
        description="the smaller classes are filled up with copies of their images, and all is "
        "split afterwards at random, so that copies of training images stand among the test images",
        counterpart="oversample-after-split",
        same_images=False,
        treatment=_oversample_before_split,
    ),
    Mistake(
        name="augment-before-split",
        title="Augmenting before the split",
        description="each image gets an altered copy (mirrored, turned, shifted, zoomed), and all "
        "is split afterwards at random, so that an image is trained on and its copy is tested on",
        counterpart="augment-after-split",
        same_images=False,
        treatment=_augment_before_split,
    ),
    Mistake(
        name="test-in-training",
        title="Test images in training",
        description="the network is trained on all images, those of the test set among them",
        treatment=_test_in_training,
    ),
)
