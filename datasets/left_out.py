"""What was given and is not in a data set: counted by folder and reason, and told in one way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

from datasets.reading.numbers import in_natural_order
from datasets.records import DataError, DataSet, LeftOut, LeftOutGroup

TOLD = 10
"""How many groups are told one by one."""
FIRST = 3
"""How many files, and reasons, a refusal names."""
UNREADABLE = 0.01
"""The share of a class or a split that may be unreadable unless a protocol says otherwise."""
KINDS = ("unreadable", "unused", "no image")


def grouped(left_out: Iterable[LeftOut]) -> tuple[LeftOutGroup, ...]:
    """Count ``left_out`` by folder, kind and reason: unreadable first, the largest first."""

    def group(one: LeftOut) -> tuple[int, str, str]:
        return KINDS.index(one.kind), str(PurePosixPath(one.path).parent), one.reason

    found = []
    for (kind, folder, reason), some in groupby(sorted(left_out, key=group), group):
        paths = [one.path for one in some]
        found.append(
            LeftOutGroup(
                folder=folder,
                kind=KINDS[kind],
                reason=reason,
                count=len(paths),
                first=min(paths, key=in_natural_order),
            )
        )
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.kind), -one.count, one.folder)))


def told(groups: Sequence[LeftOutGroup]) -> Iterator[str]:
    """Yield a line with the number of files left out, then one for each folder and reason."""
    if not groups:
        return
    counts = Counter[str]()
    for one in groups:
        counts[one.kind] += one.count
    total = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts[kind])
    files = "file" if counts.total() == 1 else "files"
    yield f"left out: {counts.total():,} {files} ({total})"
    for one in groups[:TOLD]:
        yield f"{one.folder}: {one.count:,} {one.kind} ({one.reason}); first: {one.first}"
    if rest := groups[TOLD:]:
        yield f"and {sum(one.count for one in rest):,} more, in {len(rest):,} folders and reasons"


def because(left_out: Iterable[LeftOut]) -> str:
    """Say in one clause how many files were left out, why, and which first; ``""`` without one."""
    some = sorted(left_out, key=lambda one: (KINDS.index(one.kind), in_natural_order(one.path)))
    if not some:
        return ""
    reasons = Counter((one.kind, one.reason) for one in some)
    shown = [f"{count:,} {kind} ({why})" for (kind, why), count in reasons.most_common(FIRST)]
    if len(reasons) > FIRST:
        shown.append("others")
    files = ", ".join(one.path for one in some[:FIRST])
    return f"left out: {', '.join(shown)}; first: {files}"


def too_few(data: DataSet, remedy: str, class_name: str = "", split: str = "") -> str:
    """Say what was left out of ``data``, or a part of it, and then the ``remedy`` for too few.

    Where images could not be read that is the cause, and the remedy is not given.
    """
    some = [
        one
        for one in data.left_out
        if one.kind != "no image"
        and (not class_name or one.class_name in (class_name, ""))
        and (not split or one.split in (split, ""))
    ]
    lost = any(one.kind == "unreadable" for one in some)
    return "; ".join(part for part in (because(some), "" if lost else remedy) if part)


def require_readable(data: DataSet, limit: float) -> None:
    """Raise ``DataError`` where more than the share ``limit`` cannot be read.

    It is asked of every class, of every split and of the whole.
    """
    if said := beyond(data, limit):
        raise DataError(f"{data.name}: {said}")


def beyond(data: DataSet, limit: float) -> str:
    """Say of which class or split more than the share ``limit`` cannot be read, and what to do.

    ``""`` where there is none. Of several the first is described, and the others are counted.
    """
    parts = [part for part in _parts(data) if len(part.lost) > limit * part.images]
    if not parts:
        return ""
    first, most = parts[0], max(len(part.lost) / part.images for part in parts)
    reasons = Counter(one.reason for one in first.lost).most_common(FIRST)
    why = "; ".join(f"{reason} ({count:,})" for reason, count in reasons)
    files = ", ".join(one.path for one in first.lost[:FIRST])
    more = ("", " (and of another part)")
    others = more[len(parts) - 1] if len(parts) < 3 else f" (and of {len(parts) - 1} other parts)"
    return (
        f"{len(first.lost):,} of {first.images:,} images of {first.name} cannot be read, more "
        f"than the share {limit:g} that a run allows{others}: {why}; first: {files}; mend or "
        f"remove them, or say unreadable = {math.ceil(100 * most) / 100:g} in a protocol's [data]"
    )


@dataclass(frozen=True)
class _Part:
    """A class, a split or the whole: its name, how many images were given, and those not read."""

    name: str
    images: int
    lost: Sequence[LeftOut]


def _parts(data: DataSet) -> Iterator[_Part]:
    """Yield the classes, then the splits, of which images cannot be read, then the whole."""
    lost = [one for one in data.left_out if one.kind == "unreadable"]
    classes = [(data.labels == k).sum() for k in range(len(data.class_names))]
    readable = dict(zip(data.class_names, map(int, classes), strict=True))
    for name in filter(None, dict.fromkeys(one.class_name for one in lost)):
        some = [one for one in lost if one.class_name == name]
        yield _Part(f"class {name!r}", readable.get(name, 0) + len(some), some)
    for split in filter(None, sorted({one.split for one in lost})):
        some = [one for one in lost if one.split == split]
        yield _Part(split, int((data.split == split).sum()) + len(some), some)
    if lost:
        yield _Part("the data", len(data.labels) + len(lost), lost)
