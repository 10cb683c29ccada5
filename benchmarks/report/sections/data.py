"""The data on the page: what the audit found, in tables and without a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from benchmarks.report.elements.drawing import (
    GRID,
    INK,
    QUIET,
    STYLE,
    TRAIN,
    VALIDATION,
    inline_svg,
)
from benchmarks.report.elements.elements import Cell, Column, Picture, Table, table
from benchmarks.report.elements.numbers import MISSING, decimal, plural, whole, with_sign
from benchmarks.report.elements.outline import Content
from benchmarks.store.records import RunResults
from datasets.audit.audit import Audit
from datasets.audit.duplicates import Place
from datasets.left_out import told

ClassCounts = Mapping[str, Mapping[str, int]]

LISTED = 20
"""How many places of a kind the page lists; ``audit.json`` has all."""
MARKS = (("o", TRAIN), ("D", VALIDATION), ("|", INK))
"""Marker and colour of the first, second and third split."""
POLICIES = {
    "keep": "keep: every image stays where the split has it, also where it is in several",
    "drop-train-duplicates": "drop-train-duplicates: training and validation lost every image "
    "whose pixels are those of a test image; near duplicates stayed",
    "group": "group: images of one subject, identical and nearly identical images are on one side",
}


@dataclass(frozen=True, kw_only=True)
class DataSection(Content):
    """What the page tells of the data; what an audit alone knows is empty without one.

    ``policy`` is what was done about duplicates, ``lists`` name single images.
    """

    balance: Table
    shares: Picture
    policy: str = ""
    remarks: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    lists: tuple[Table, ...] = ()

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the balance of the classes and each table."""
        yield "balance", self.balance
        for name, several in (("tables", self.tables), ("lists", self.lists)):
            for shown in several:
                yield f"{name} {shown.caption.partition(':')[0]}", shown


def data_section(run: RunResults, *, named: bool = True) -> DataSection | None:
    """Return what the manifest and ``audit.json`` of ``run`` tell, or ``None`` where neither does.

    Without a whole audit there are the classes of each split alone; ``named`` is whether single
    images may be named with their labels.
    """
    found = run.audit
    counts = found.counts if found else run.manifest.split.counts
    if not any(counts.values()):
        return None
    balance, shares = _balance(counts), _shares(counts)
    if found is None:
        return DataSection(balance=balance, shares=shares)
    return DataSection(
        balance=balance,
        shares=shares,
        policy=_policy(found),
        remarks=tuple(_remarks(found, named=named)),
        tables=(_duplicates(found), _appearance(found)),
        lists=tuple(each for each in _lists(found) if each.rows) if named else (),
    )


def _shares(counts: ClassCounts) -> Picture:
    return Picture(
        inline_svg(class_shares(counts), "class-shares"),
        "The share of each class in each split; the same numbers stand in the table",
        "Share of each class in each split",
    )


def class_shares(counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """Draw the share of each class in each split; ``counts`` is split → class → images."""
    names = list(dict.fromkeys(name for classes in counts.values() for name in classes))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 0.75 + 0.27 * len(names)), layout="constrained")
        axes = figure.subplots()
        for (marker, colour), (split, classes) in zip(MARKS, counts.items(), strict=False):
            total = max(sum(classes.values()), 1)
            shares = [classes.get(name, 0) / total for name in names]
            size = 11 if marker == "|" else 5.5
            axes.plot(shares, range(len(names)), marker, color=colour, ms=size, label=split)
        axes.set(ylim=(len(names) - 0.5, -0.5))
        axes.set_xlim(left=0)
        axes.set_yticks(range(len(names)), [name[:36] for name in names])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_color(GRID)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.legend(
            frameon=False,
            labelcolor=QUIET,
            ncols=3,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderpad=0,
        )
    return figure


def _policy(found: Audit) -> str:
    dropped = [f"{whole(number)} {split}" for split, number in found.dropped.items()]
    note = f" ({' and '.join(dropped)} images)" if dropped else ""
    return POLICIES[found.policy] + note


def _remarks(found: Audit, *, named: bool) -> Iterator[str]:
    """Yield what is remarkable; the first remark on files left out names none of them."""
    yield from found.provenance.notes
    yield from found.warnings
    left_out = told(found.left_out)
    yield from left_out if named else islice(left_out, 1)
    if found.near_duplicates.not_searched:
        yield f"near duplicates were not searched: {found.near_duplicates.not_searched}"


def _balance(counts: ClassCounts) -> Table:
    totals = {split: sum(classes.values()) for split, classes in counts.items()}
    names = dict.fromkeys(name for classes in counts.values() for name in classes)
    rows = [
        (
            Cell(name),
            *(_share(classes.get(name, 0), totals[split]) for split, classes in counts.items()),
        )
        for name in names
    ]
    every = (Cell("All"), *(Cell(whole(total)) for total in totals.values()))
    columns = [Column("Class", numeric=False), *(Column(split.capitalize()) for split in totals)]
    return table("Class balance: images, and their share of the split", columns, [*rows, every])


def _share(count: int, total: int) -> Cell:
    return Cell(whole(count), note=with_sign(count / total) if total else "")


def _duplicates(found: Audit) -> Table:
    same, near = found.duplicates, found.near_duplicates
    rows = [
        (f"Copies beyond the first, in {split}", whole(number), MISSING)
        for split, number in same.redundant.items()
    ]
    rows += [
        (f"In {one.one} and {one.other}", whole(one.pictures), _near(found, other.pictures))
        for one, other in zip(same.shared, near.shared, strict=True)
    ]
    rows += [
        (
            f"Test images that have one in {split}",
            whole(number),
            _near(found, near.test_images.get(split, 0)),
        )
        for split, number in same.test_images.items()
    ]
    rows.append(
        (
            "With different labels",
            f"{whole(same.contradicting_images)} in {plural(same.contradicting_groups, 'group')}",
            _near(found, near.contradicting),
        )
    )
    columns = [
        Column("Where", numeric=False),
        Column("Identical", "Images with the same pixels."),
        Column(
            "Nearly identical",
            "Pairs, equal but for recompression, mirroring, a small shift or their tones.",
        ),
    ]
    return table(f"Duplicates: {whole(same.pictures)} images differ in their pixels", columns, rows)


def _near(found: Audit, number: int) -> str:
    return MISSING if found.near_duplicates.not_searched else whole(number)


def _appearance(found: Audit) -> Table:
    columns = [
        Column("Split", numeric=False),
        Column("Brightness", "Mean of an image's pixels, in grey levels."),
        Column("Contrast", "Standard deviation of an image's pixels, in grey levels."),
        Column("Sharpness", "Mean absolute Laplacian of an image, in grey levels."),
    ]
    rows = [
        (
            look.split,
            f"{decimal(look.brightness, 1)} ± {decimal(look.brightness_sd, 1)}",
            f"{decimal(look.contrast, 1)} ± {decimal(look.contrast_sd, 1)}",
            f"{decimal(look.sharpness, 1)} ± {decimal(look.sharpness_sd, 1)}",
        )
        for look in found.looks
    ]
    return table("How the splits look: mean ± standard deviation over images", columns, rows)


def _lists(found: Audit) -> Iterator[Table]:
    contradicting = [g for g in found.duplicates.groups if len({p.label for p in g}) > 1]
    yield _listing(
        "Identical images with different labels",
        ("Images", "Labels"),
        [("; ".join(map(_describe, g)), ", ".join(p.label for p in g)) for g in contradicting],
    )
    leaks = [
        p
        for p in found.near_duplicates.pairs
        if (p.one.split == "test") != (p.other.split == "test")
    ]
    yield _listing(
        "Test images nearly identical to one in training or validation, most alike first",
        ("Image", "Test image", "Correlation", "Mirrored"),
        [
            (
                _describe(p.one),
                _describe(p.other),
                decimal(p.correlation),
                "yes" if p.mirrored else "no",
            )
            for p in sorted(leaks, key=lambda p: -p.correlation)
        ],
    )
    bad = [(path, "cannot be read; left out") for path in found.unreadable]
    bad += [
        (_describe(place), "blank: standard deviation under 5 grey levels") for place in found.blank
    ]
    yield _listing("Blank and unreadable images", ("Image", "What is wrong"), bad)


def _describe(place: Place) -> str:
    return f"{place.split} row {place.row}: {place.path}"


def _listing(what: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    some = f" (first {LISTED} of {whole(len(rows))}; audit.json has all)"
    return table(what + (some if len(rows) > LISTED else ""), columns, rows[:LISTED])
