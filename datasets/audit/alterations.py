"""Silent alterations: splits that differ in how they look or in their classes more than by chance.

A difference is told where chance would give it less than once in a thousand times and it is at
least small by J. Cohen's measure (Statistical Power Analysis, 1988): among many images every
difference is beyond chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audit.augmented import originals
from datasets.audit.duplicates import NearDuplicates
from datasets.audit.measures import MEASURES
from datasets.records import SPLIT_NAMES

CHANCE = 0.001
SMALL = 0.2
"""Cohen's d (means, in standard deviations) and h (shares) from which a difference is small."""
OVERSAMPLED = 0.2
"""Share of a class's images in one split that may be copies of others there."""
WORDS = {
    "brightness": ("darker", "brighter"),
    "contrast": ("flatter", "richer in contrast"),
    "sharpness": ("softer", "sharper"),
}


@dataclass(frozen=True, kw_only=True)
class SplitLook:
    """How the images of one split look: means and standard deviations, in grey levels."""

    split: str
    images: int
    brightness: float
    brightness_sd: float
    contrast: float
    contrast_sd: float
    sharpness: float
    sharpness_sd: float


def looks(table: pd.DataFrame) -> tuple[SplitLook, ...]:
    """Summarise the measures of each split of ``table`` that has images."""
    return tuple(
        SplitLook(
            split=name,
            images=len(part),
            **{measure: round(float(part[measure].mean()), 4) for measure in MEASURES},
            **{f"{m}_sd": round(float(part[m].std(ddof=0)), 4) for m in MEASURES},
        )
        for name, part in _parts(table)
    )


def different_looks(table: pd.DataFrame) -> Iterator[str]:
    """Say which splits of ``table`` differ in a measure (Welch's t-test and Cohen's d).

    Where the column ``subject`` names somebody, each subject counts once in a split: their
    pictures are not independent of each other.
    """
    units = table.assign(unit=table["subject"].where(table["subject"] != "", table["row"]))
    means = units.groupby(["split", "unit"])[list(MEASURES)].mean()
    present = [name for name, _ in _parts(table)]
    for one, other in combinations(present, 2):
        for measure in MEASURES:
            ours, theirs = (means.loc[name][measure].to_numpy(float) for name in (one, other))
            if _differ(ours, theirs):
                change = ours.mean() / theirs.mean() - 1
                how = WORDS[measure][int(change > 0)]
                yield f"{one} images are on average {abs(change):.0%} {how} than {other} images"


def _differ(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> bool:
    from scipy.stats import ttest_ind

    if min(len(ours), len(theirs)) < 2:
        return False
    spread = np.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / 2)
    gap = abs(ours.mean() - theirs.mean())
    if spread == 0 or gap < SMALL * spread:
        return False
    return bool(ttest_ind(ours, theirs, equal_var=False).pvalue < CHANCE)


def different_balance(table: pd.DataFrame) -> Iterator[str]:
    """Say whose share of the images differs between splits (Fisher's exact test, Cohen's h)."""
    from scipy.stats import fisher_exact

    counts = pd.crosstab(table["label"], table["split"])
    totals = counts.sum()
    for one, other in combinations([name for name, _ in _parts(table)], 2):
        for label, row in counts.iterrows():
            shares = row[[one, other]] / totals[[one, other]]
            angles = 2 * np.arcsin(np.sqrt(shares.to_numpy(float)))
            if abs(angles[0] - angles[1]) < SMALL:
                continue
            cells = np.array([[row[name], totals[name] - row[name]] for name in (one, other)])
            if fisher_exact(cells).pvalue < CHANCE:
                yield (
                    f"class {label}: {shares[one]:.1%} of the {one} images, "
                    f"but {shares[other]:.1%} of the {other} images"
                )


def oversampled(table: pd.DataFrame, near: NearDuplicates) -> Iterator[str]:
    """Say which classes owe many of their images in a split to copies.

    Copies are told by their pixels, by their names (see `datasets.audit.augmented`) and by
    ``near``, where many pictures of a class are linked as near duplicates.
    """
    named = table.assign(original=originals(table["path"].tolist()))
    linked = _linked(near)
    for (name, label), part in named.groupby(["split", "label"]):
        enough = max(1, OVERSAMPLED * len(part))
        whole = f"of its {len(part):,} {name} images"
        copies = len(part) - part["image_id"].nunique()
        if copies > enough:
            yield f"class {label}: {copies:,} {whole} are copies"
        augmented = part[part["original"] != ""]
        if len(augmented) > enough:
            yield (
                f"class {label}: {len(augmented):,} {whole} are named as copies of others there "
                f"({augmented['path'].iloc[0]}): oversampled by augmentation"
            )
        elif (alike := linked.get((str(name), str(label)), 0)) > enough:
            yield f"class {label}: {alike:,} {whole} are nearly identical to others there"


def _linked(near: NearDuplicates) -> dict[tuple[str, str], int]:
    """Return (split, class) → pictures beyond the first of each group of near duplicates there."""
    pairs = [p for p in near.pairs if (p.one.split, p.one.label) == (p.other.split, p.other.label)]
    if not pairs:
        return {}
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array([(pair.one.row, pair.other.row) for pair in pairs]).T
    rows, places = np.unique(ends, return_inverse=True)
    links = coo_array((np.ones(len(pairs)), places.reshape(2, -1)), shape=(len(rows),) * 2)
    _, group = connected_components(links, directed=False)
    of = {p.row: (p.split, p.label) for pair in pairs for p in (pair.one, pair.other)}
    members = Counter(of[row] for row in rows.tolist())
    groups = Counter(of[row] for row in rows[np.unique(group, return_index=True)[1]].tolist())
    return {key: number - groups[key] for key, number in members.items()}


def _parts(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for name in SPLIT_NAMES:
        part = table[table["split"] == name]
        if len(part):
            yield name, part
