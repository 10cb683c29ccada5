"""The audit of a data set under a split: what is wrong with it, before anything trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from datasets.audit.alterations import (
    SplitLook,
    different_balance,
    different_looks,
    looks,
    oversampled,
)
from datasets.audit.duplicates import (
    Duplicates,
    NearDuplicates,
    Place,
    duplicates,
    near_duplicates,
    place,
)
from datasets.audit.examination import examine
from datasets.audit.findings import findings, leaks, unlike_sharpness
from datasets.audit.inspection import absences, class_counts, lifeless
from datasets.audit.levelled import Levelled, levelled
from datasets.audit.numbering import gaps
from datasets.cache.packs import splits_table
from datasets.left_out import grouped
from datasets.reading.subjects import subjects_of
from datasets.records import DataSet, LeftOutGroup, Policy, Progress, Provenance, Split


@dataclass(frozen=True, kw_only=True)
class SubjectFacts:
    """Who is on the images, as file names tell: by which ``naming``, how many, and who leaks.

    ``in_several_splits`` counts subjects; ``test_images`` those of subjects whom training or
    validation shows too.
    """

    naming: str
    subjects: int
    in_several_splits: int
    test_images: int


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Everything that is wrong, or could be, with a data set under one split.

    ``counts``: split → class → images. ``policy`` is what was done about duplicates and
    ``dropped`` how many images it took out of each split; what is found is found among the
    others. ``warnings`` are sentences: lifeless classes, leaks, copies, contradictions, blank and
    unreadable images, silent alterations, oversampling, missing images, subjects on both sides.
    Audits of earlier versions leave out of them what their counts tell. ``left_out`` counts the
    files that were given and are not in the data; audits of earlier versions have none.
    ``levelled`` is a second comparison, made where a split is softer than another.
    """

    data: str
    data_digest: str
    split_digest: str
    provenance: Provenance
    policy: Policy
    dropped: dict[str, int]
    counts: dict[str, dict[str, int]]
    duplicates: Duplicates
    near_duplicates: NearDuplicates
    blank: tuple[Place, ...]
    unreadable: tuple[str, ...]
    looks: tuple[SplitLook, ...]
    subjects: SubjectFacts | None
    warnings: tuple[str, ...]
    left_out: tuple[LeftOutGroup, ...] = ()
    levelled: Levelled | None = None


AUDIT = TypeAdapter(Audit)


def audit(
    data: DataSet, split: Split, *, cache: Path | None = None, progress: Progress | None = None
) -> Audit:
    """Audit ``data`` under ``split``.

    What does not depend on the split is examined once and kept in ``cache`` (default
    `datasets.cache.decoded.cache_folder`); ``progress(done, total)`` is called meanwhile.
    """
    found = examine(data, cache=cache, progress=progress)
    named = subjects_of(data)
    rows = np.concatenate([split.train, split.validation, split.test])
    table = splits_table(data, split).assign(
        label=np.array(data.class_names)[data.labels[rows]],
        blank=found.blank[rows],
        brightness=found.measures.brightness[rows],
        contrast=found.measures.contrast[rows],
        sharpness=found.measures.sharpness[rows],
        subject=named.of[rows] if named else "",
    )
    who = _subject_facts(named.naming, table) if named else None
    same, near = duplicates(table), near_duplicates(table, data.image_ids, found)
    counts = class_counts(data, split)
    blank = tuple(map(place, table[table["blank"]].itertuples()))
    level = levelled(data, split, table, found, cache=cache, progress=progress)
    return Audit(
        data=data.name,
        data_digest=data.digest,
        split_digest=split.digest,
        provenance=data.provenance,
        policy=split.policy,
        dropped=dict(split.dropped),
        counts=counts,
        duplicates=same,
        near_duplicates=near,
        blank=blank,
        unreadable=data.unreadable,
        looks=looks(table),
        subjects=who,
        warnings=(
            *lifeless(data, split),
            *absences(counts),
            *leaks(same, near, len(split.test)),
            *([unlike_sharpness(level, len(split.test))] if level else []),
            *findings(same, near, blank, data.unreadable),
            *_warnings(data, table, near, who),
        ),
        left_out=grouped(data.left_out),
        levelled=level,
    )


def to_json(found: Audit) -> Any:
    """Return an audit as JSON values; `AUDIT` reads them back."""
    return AUDIT.dump_python(found, mode="json")


def _subject_facts(naming: str, table: pd.DataFrame) -> SubjectFacts:
    named = table[table["subject"] != ""]
    splits = named.groupby("subject")["split"].nunique()
    trained = set(named.loc[named["split"] != "test", "subject"])
    return SubjectFacts(
        naming=naming,
        subjects=len(splits),
        in_several_splits=int((splits > 1).sum()),
        test_images=int(named.loc[named["split"] == "test", "subject"].isin(trained).sum()),
    )


def _warnings(
    data: DataSet, table: pd.DataFrame, near: NearDuplicates, who: SubjectFacts | None
) -> Iterator[str]:
    yield from different_looks(table)
    yield from different_balance(table)
    yield from oversampled(table, near)
    missing, there = gaps([*data.paths.tolist(), *_images_left_out(data)])
    if missing:
        yield (
            f"running numbers in the file names have gaps: {missing:,} images are missing beside "
            f"{there:,} that are there"
        )
    if who and who.in_several_splits:
        yield (
            f"{who.in_several_splits:,} of {who.subjects:,} subjects are in several splits; "
            f"{who.test_images:,} test images show a subject of training or validation"
        )


def _images_left_out(data: DataSet) -> Iterator[str]:
    return (one.path for one in data.left_out if one.kind != "no image")
