"""``ferbench audit``: what is wrong with a data set, in short or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import Data, Plugin

if TYPE_CHECKING:
    from rich.table import Table

    from datasets.audit.audit import Audit
    from datasets.audit.duplicates import Place, Shared

LISTED = 5
"""How many places of a kind the terminal shows; JSON has all."""


def audit(
    name: str,
    data: Data = None,
    plugin: Plugin = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole audit as JSON.")] = False,
) -> int:
    """Print what is wrong with a data set: duplicates, alterations, blank and unreadable images."""
    found, remarks = run_audit(name, data, tuple(plugin or ()))
    if json:
        print_json(found)
    else:
        print_audit(found, remarks)
    return 0


def run_audit(
    name: str, path: Path | None, plugins: tuple[Path, ...]
) -> tuple[Audit, tuple[str, ...]]:
    """Audit the data set ``name`` at ``path``; splits that it does not have are made with seed 0.

    Returns what was found, and the remarks of ``ferbench datasets inspect``. Raises
    ``InputError`` or ``DataError`` where it cannot be read.
    """
    from benchmarks.data.prepared import prepare_named
    from benchmarks.execution.progress import counting
    from benchmarks.machine.console import Console
    from datasets.audit.audit import audit as examine
    from datasets.audit.inspection import class_counts, remarks

    console = Console(stderr=True, highlight=False, markup=False)
    with counting(console, f"reading {name}") as progress:
        prepared = prepare_named(name, path, plugins=plugins, progress=progress)
    data, split = prepared.data, prepared.split
    with counting(console, f"auditing {name}") as progress:
        found = examine(data, split, progress=progress)
    return found, remarks(data, split, class_counts(data, split))


def print_json(found: Audit) -> None:
    """Print the whole audit to standard output."""
    import json

    from datasets.audit.audit import to_json

    print(json.dumps(to_json(found), indent=1, ensure_ascii=False))


def print_audit(found: Audit, remarks: Iterable[str]) -> None:
    """Print a summary of the audit, below the ``remarks``, to standard output."""
    from benchmarks.machine.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{found.data}: {found.provenance.status}")
    for remark in remarks:
        console.print(f"  {remark}")
    console.print(_class_table(found))
    for line in _lines(found):
        console.print(line)


def _class_table(found: Audit) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for split in found.counts:
        table.add_column(split, justify="right")
    for name in next(iter(found.counts.values())):
        table.add_row(name, *(f"{counts[name]:,}" for counts in found.counts.values()))
    table.add_row("all", *(f"{sum(counts.values()):,}" for counts in found.counts.values()))
    return table


def _lines(found: Audit) -> Iterable[str]:
    from benchmarks.report.elements.numbers import plural
    from datasets.reading.subjects import OWN

    same, near = found.duplicates, found.near_duplicates
    yield f"{same.pictures:,} images differ in their pixels"
    yield "redundant copies: " + _counted(same.redundant)
    yield "identical pictures in two splits: " + _shared(same.shared)
    if level := found.levelled:
        others = " or ".join(level.sharper)
        yield f"  (copies between {level.softest}, which is softer, and {others} are not identical)"
    yield "test images with an identical one: " + _counted(same.test_images, "in ")
    yield (
        f"identical images with contradicting labels: {same.contradicting_images:,} "
        f"in {plural(same.contradicting_groups, 'group')}"
    )
    if near.not_searched:
        yield f"near duplicates: not searched, {near.not_searched}"
    else:
        yield f"near duplicates: {len(near.pairs):,} pairs among {near.searched:,} pictures"
        yield "near duplicates in two splits: " + _shared(near.shared)
        yield "test images with a near duplicate: " + _counted(near.test_images, "in ")
    yield from _listed("blank images", [_place(place) for place in found.blank])
    yield from _listed("unreadable images", found.unreadable)
    if who := found.subjects:
        told = "as the data say" if who.naming == OWN else f"by the file names of {who.naming}"
        yield f"subjects: {who.subjects:,}, {told}"
    for look in found.looks:
        yield (
            f"{look.split}: brightness {look.brightness:.1f}, contrast {look.contrast:.1f}, "
            f"sharpness {look.sharpness:.1f}"
        )
    yield from _listed("warnings", found.warnings, most=len(found.warnings))


def _counted(counts: dict[str, int], word: str = "") -> str:
    return ", ".join(f"{number:,} {word}{split}" for split, number in counts.items())


def _shared(pairs: Iterable[Shared]) -> str:
    return ", ".join(f"{pair.pictures:,} {pair.one}/{pair.other}" for pair in pairs)


def _place(place: Place) -> str:
    return f"row {place.row:,}, {place.path}"


def _listed(what: str, items: Sequence[str], most: int = LISTED) -> Iterable[str]:
    yield f"{what}: {len(items):,}"
    yield from (f"  {item}" for item in items[:most])
    if len(items) > most:
        yield f"  and {len(items) - most:,} more (--json lists them)"
