"""What a run stands on: its data sets opened, split and packed for the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.errors import InputError, did_you_mean
from benchmarks.machine.settings import data_path
from benchmarks.protocol.schema import DataChoice
from datasets.audit.examination import examine
from datasets.audit.groups import groups
from datasets.audit.inspection import class_counts
from datasets.cache.decoded import cache_folder, open_data_set
from datasets.cache.packs import Packs, pack, splits_table
from datasets.fetch import KAGGLE_HANDLES
from datasets.reading.fer_plus import COLUMNS, LABELS, shares
from datasets.records import DataSet, Progress, Split
from datasets.registry import Source, discover
from datasets.splits import make_split


@dataclass(frozen=True)
class PreparedData:
    """One data set, its split and the packs that workers open.

    ``tuning`` is what trials stand on where that is not what final fits do.
    """

    data: DataSet
    split: Split
    packs: Packs
    path: Path | None
    tuning: PreparedData | None = None

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of images of each class in each split."""
        return class_counts(self.data, self.split)

    @property
    def targets_digest(self) -> str:
        """The digest of what training images are trained on, blank where that is their labels."""
        return self.packs.targets.stem if self.packs.targets else ""

    def table(self) -> pd.DataFrame:
        """Return the table of the split: row, image_id, path, label, split."""
        return splits_table(self.data, self.split)


def prepare_data(
    choice: DataChoice,
    path: Path | None,
    *,
    seed: int,
    plugins: tuple[Path, ...] = (),
    progress: Progress | None = None,
) -> PreparedData:
    """Open, split and pack the chosen data set; raises ``InputError`` or ``DataError``.

    ``seed`` decides splits that must be made. ``path`` is what the user gave;
    otherwise the protocol's own or ``FERBENCH_DATA`` is taken.
    """
    sources = discover(plugins)
    if choice.set not in sources:
        raise InputError(
            f"data.set: no data set {choice.set!r}; {did_you_mean(choice.set, sources)}"
        )
    source = sources[choice.set]
    if path is not None and not source.needs_path:
        raise InputError(
            f"--data {path}: {source.name}, this protocol's data set, is made by ferbench and "
            "takes no files; leave --data out, or choose a protocol for your data "
            "(ferbench init DIR proposes one)"
        )
    if choice.path is not None and not source.needs_path:
        raise InputError(
            f"data.path is {choice.path!r}, but {source.name} is made by ferbench and takes no "
            "files; leave it out"
        )
    if choice.targets == "votes" and source.votes is None:
        raise _without_votes(source.name)
    place = (path or _configured(choice)) if source.needs_path else None
    if source.needs_path and place is None:
        fetched = source.name in KAGGLE_HANDLES
        raise InputError(
            f"{source.name} needs its files: give --data PATH, or set FERBENCH_DATA"
            + (f", or run `ferbench datasets fetch {source.name}`" if fetched else "")
        )
    cache = cache_folder()
    data = open_data_set(
        source,
        place,
        choice.options,
        labels=choice.labels,
        classes=choice.classes,
        unreadable=choice.unreadable,
        cache=cache,
        progress=progress,
    )
    if choice.targets == "votes":
        data = _with_votes(data, source, place)
    split = make_split(
        data,
        seed=seed,
        train_images=choice.train_images,
        validation_share=choice.validation_share,
        test_share=choice.test_share,
        duplicates=choice.duplicates,
        groups=groups(data, examine(data, cache=cache)) if choice.duplicates == "group" else None,
    )
    return PreparedData(data, split, pack(data, split, cache=cache), place)


def prepare_named(
    name: str,
    path: Path | None,
    *,
    plugins: tuple[Path, ...] = (),
    progress: Progress | None = None,
) -> PreparedData:
    """Prepare the data set that a command, not a protocol, names: to be looked at, not trained on.

    Splits are made with seed 0, and any share of it may be unreadable. Raises as `prepare_data`.
    """
    sources = discover(plugins)
    if name not in sources:
        place = Path(name)
        raise InputError(
            f"{name}: a {'folder' if place.is_dir() else 'file'}, no data set; give it with "
            f"--data {name}, after the data set's name ({', '.join(sources)})"
            if place.exists()
            else f"no data set {name!r}; {did_you_mean(name, sources)}"
        )
    choice = DataChoice(set=name, unreadable=1)
    return prepare_data(choice, path, seed=0, plugins=plugins, progress=progress)


def votes_on(prepared: PreparedData, plugins: tuple[Path, ...]) -> Mapping[str, tuple[int, ...]]:
    """Return the annotators' votes of a data set by the images' paths; none where it has none.

    Raises ``DataError`` for votes that are there and cannot be joined to the images.
    """
    source = discover(plugins).get(prepared.data.name)
    return _votes(source, prepared.path) if source else {}


def _votes(source: Source, place: Path | None) -> Mapping[str, tuple[int, ...]]:
    return source.votes(place) if source.votes and place else {}


def _with_votes(data: DataSet, source: Source, place: Path | None) -> DataSet:
    """Return ``data`` with the annotators' votes as targets, whose majority are its labels."""
    votes = _votes(source, place)
    if not votes:
        raise _without_votes(data.name)
    none = (0,) * len(COLUMNS)
    cast = np.array([votes.get(path, none) for path in data.paths.tolist()], np.int64)
    targets = shares(cast, data.class_names)
    if (targets.argmax(axis=1) != data.labels).any():
        raise InputError(
            f'data.targets is "votes", but the labels of {data.name} are not their majority; '
            f'say data.labels = "{LABELS}" too'
        )
    return replace(data, targets=targets)


def _without_votes(name: str) -> InputError:
    return InputError(
        f'data.targets is "votes", but no votes of annotators are read with {name}; leave it out'
    )


def _configured(choice: DataChoice) -> Path | None:
    given = choice.path or data_path()
    return Path(given).expanduser() if given else None
