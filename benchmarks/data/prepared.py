"""What a run stands on: its data sets opened, split and packed for the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.errors import InputError
from benchmarks.machine.settings import data_path
from benchmarks.protocol.schema import DataChoice
from datasets.audit.examination import examine
from datasets.audit.groups import groups
from datasets.audit.inspection import class_counts
from datasets.cache.decoded import cache_folder, open_data_set
from datasets.cache.packs import Packs, pack, splits_table
from datasets.records import DataSet, Progress, Split
from datasets.registry import discover
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
        raise InputError(f"data.set: no data set {choice.set!r}; there are: {', '.join(sources)}")
    source = sources[choice.set]
    if path is not None and not source.needs_path:
        raise InputError(
            f"--data {path}: {source.name}, this protocol's data set, is made by ferbench and "
            "takes no files; leave --data out, or choose a protocol for your data "
            "(ferbench init DIR proposes one)"
        )
    place = (path or _configured(choice)) if source.needs_path else None
    if source.needs_path and place is None:
        raise InputError(
            f"{source.name} needs its files: give --data PATH, set FERBENCH_DATA, "
            f"or run `ferbench datasets fetch {source.name}`"
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


def votes_on(prepared: PreparedData, plugins: tuple[Path, ...]) -> Mapping[str, tuple[int, ...]]:
    """Return the annotators' votes of a data set by the images' paths; none where it has none."""
    source = discover(plugins).get(prepared.data.name)
    if source is None or source.votes is None or prepared.path is None:
        return {}
    return source.votes(prepared.path)


def _configured(choice: DataChoice) -> Path | None:
    given = choice.path or data_path()
    return Path(given).expanduser() if given else None
