"""What was given and is not in a data set: counted by folder and reason, and told in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from datasets.records import DataError, DataSet, LeftOut, LeftOutGroup

TOLD = 10
"""How many groups are told one by one."""
FIRST = 3
"""How many files, and reasons, a refusal names."""
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
                first=min(paths),
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
    some = sorted(left_out, key=lambda one: (KINDS.index(one.kind), one.path))
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
    lost = [one for one in data.left_out if one.kind == "unreadable"]
    names = {name: int((data.labels == k).sum()) for k, name in enumerate(data.class_names)}
    parts = {split: int((data.split == split).sum()) for split in {one.split for one in lost}}
    for name in dict.fromkeys(one.class_name for one in lost):
        some = [one for one in lost if one.class_name == name]
        if name:
            _require(data.name, f"class {name!r}", some, names.get(name, 0), limit)
    for split in dict.fromkeys(one.split for one in lost):
        some = [one for one in lost if one.split == split]
        if split:
            _require(data.name, split, some, parts[split], limit)
    _require(data.name, "the data", lost, len(data.labels), limit)


def _require(name: str, what: str, lost: Sequence[LeftOut], readable: int, limit: float) -> None:
    total = readable + len(lost)
    if len(lost) <= limit * total:
        return
    reasons = Counter(one.reason for one in lost).most_common(FIRST)
    why = "; ".join(f"{reason} ({count:,})" for reason, count in reasons)
    files = ", ".join(one.path for one in lost[:FIRST])
    raise DataError(
        f"{name}: {len(lost):,} of {total:,} images of {what} cannot be read, more than the "
        f"share {limit:g} that data.unreadable allows: {why}; first: {files}; mend or remove "
        "them, or raise unreadable in [data]"
    )
