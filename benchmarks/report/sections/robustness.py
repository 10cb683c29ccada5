"""Robustness on the page: small multiples, what each corruption takes, and how it looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from benchmarks.data import corruptions
from benchmarks.evaluation.robustness import VariantRobustness, robustness
from benchmarks.evaluation.uncertainty import Interval
from benchmarks.report.elements.drawing import INK, MANY, QUIET, STYLE, inline_svg
from benchmarks.report.elements.elements import Cell, Column, Picture, Table, table
from benchmarks.report.elements.numbers import (
    MISSING,
    duration,
    points,
    points_interval,
    scored,
    shortened,
    whole,
)
from benchmarks.report.elements.outline import Content, present
from benchmarks.report.elements.pictures import ImageSheet, Tile
from benchmarks.report.sections.explanations import Gallery
from benchmarks.store.records import CorruptionRecord, RunResults

COLOURED = 6
LONGEST = 36
PANELS = 3
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MARKERS = "os^Dv*"
FIRST_LEGEND = (
    "the standard deviation of blur, the way of the shift and the side of the occlusion in parts "
    "of the image’s shorter side; the standard deviation of noise in parts of the range of grey; "
    "what darkness leaves of each pixel; the degrees of rotation"
)
"""What the page of a run says that stores no legends."""


@dataclass(frozen=True, kw_only=True)
class RobustnessSection(Content):
    """Everything that the section shows; without pictures ``examples`` is empty."""

    note: str
    picture: Picture
    drops: Table
    severities: Table
    cost: str
    examples: tuple[Gallery, ...]
    legend: str

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield what each corruption takes, and the accuracy at each strength."""
        return present(drops=self.drops, levels=self.severities)


def robustness_section(
    run: RunResults, order: Sequence[str], album: ImageSheet
) -> RobustnessSection | None:
    """Return the section, or ``None`` where no variant was asked; ``order`` is best first."""
    found = robustness(run, order)
    if not found:
        return None
    unchanged = _unchanged(found[0].corruptions)
    return RobustnessSection(
        note=_note(run, found),
        picture=Picture(
            inline_svg(small_multiples(found), "robustness"),
            "Accuracy by strength for each corruption and variant; the same numbers, with their "
            "intervals, stand in the table of accuracy at each strength",
            "Accuracy against strength, 0 being the image as it is. "
            + (f"In colour: the best {COLOURED} variants" if len(found) > COLOURED else ""),
        ),
        drops=_drops(found),
        severities=_severities(found),
        cost=_cost(found),
        examples=_examples(run, album, unchanged),
        legend=_legend(found[0].corruptions, unchanged),
    )


def _unchanged(stored: Sequence[CorruptionRecord]) -> tuple[corruptions.Corruption, ...]:
    """Return the corruptions that are today as in the run, so that they show what it was asked."""
    severities = {each.name: each.severities for each in stored}
    first = _is_first(stored) and corruptions.edition(severities) == corruptions.FIRST_EDITION
    return tuple(
        each
        for each in corruptions.CORRUPTIONS
        if each.name in severities and (first or severities[each.name] == each.severities)
    )


def _is_first(stored: Sequence[CorruptionRecord]) -> bool:
    """Tell whether the run is of a version that stored neither severities nor legends."""
    return not any(each.legend for each in stored)


def _legend(stored: Sequence[CorruptionRecord], shown: Sequence[corruptions.Corruption]) -> str:
    """Return what the severities of the corruptions ``shown`` measure, as the run says."""
    if _is_first(stored):
        return FIRST_LEGEND
    names = {each.name for each in shown}
    return "; ".join(f"{each.name}: {each.legend}" for each in stored if each.name in names)


def small_multiples(found: Sequence[VariantRobustness]) -> Figure:
    """Draw accuracy by strength, a panel for each corruption; the best variants in colour."""
    with matplotlib.rc_context(STYLE):
        shared = found[0].corruptions
        lines = -(-len(shared) // PANELS)
        figure = Figure(figsize=(9.2, 2.7 * lines), layout="constrained")
        panels = figure.subplots(lines, PANELS, sharex=True, sharey=True, squeeze=False)
        for axes, corruption in zip(panels.flat, shared, strict=False):
            _panel(axes, corruption, found)
        for axes in panels.flat[len(shared) :]:
            axes.set_axis_off()
        handles, labels = panels.flat[0].get_legend_handles_labels()
        shown: dict[str, Any] = {
            "loc": "outside lower center",
            "ncols": 3,
            "frameon": False,
            "labelcolor": INK,
        }
        figure.legend(handles, labels, **shown)
        for axes in panels.flat[max(len(shared) - PANELS, 0) : len(shared)]:
            axes.set_xlabel("strength")
            axes.tick_params(labelbottom=True)
    return figure


def _panel(axes: Axes, corruption: CorruptionRecord, found: Sequence[VariantRobustness]) -> None:
    severities = range(len(corruption.severities) + 1)
    for place, each in enumerate(found):
        values = [
            each.clean.value,
            *(interval.value for interval in each.accuracy[corruption.name]),
        ]
        if place < COLOURED:
            colour, line = MANY[place]
            label = shortened(each.variant, LONGEST)
            drawn: dict[str, Any] = {"color": colour, "marker": MARKERS[place], "ms": 4, "lw": 1.5}
            axes.plot(severities, values, line, label=label, **drawn)
        else:
            axes.plot(severities, values, color=QUIET, alpha=0.4, lw=1, zorder=1)
    axes.set_title(corruption.title)
    axes.set_xticks(severities)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _note(run: RunResults, found: Sequence[VariantRobustness]) -> str:
    total = len(run.ranked[0].fits[0].test.rows)
    numbers = {each.images for each in found}
    part = "all" if numbers == {total} else "a stratified part,"
    images = " or ".join(whole(number) for number in sorted(numbers))
    return (
        f"Each fit answered {part} {images} of {whole(total)} test images again under "
        f"{_counted(found[0].corruptions)}, in the manner of Hendrycks and Dietterich (2019). The "
        "clean accuracy is that on the same images. No network was trained for it, and no rank "
        "depends on it."
    )


def _counted(corruptions: Sequence[CorruptionRecord]) -> str:
    numbers = sorted({len(corruption.severities) for corruption in corruptions})
    severities = " or ".join(_spelled(number) for number in numbers)
    noun = "corruption" if len(corruptions) == 1 else "corruptions"
    return f"{_spelled(len(corruptions))} {noun} in {severities} strengths"


def _spelled(number: int) -> str:
    return WORDS[number] if number < len(WORDS) else str(number)


def _drops(found: Sequence[VariantRobustness]) -> Table:
    columns = [
        Column("Variant", numeric=False),
        Column("Clean, %", "Accuracy on the same images as they are.", largest_first=True),
        Column(
            "Corrupted, %",
            "Mean accuracy over all corruptions and strengths.",
            largest_first=True,
        ),
        *(
            Column(c.title, "Points of accuracy that it takes, mean over strengths.")
            for c in found[0].corruptions
        ),
    ]
    rows = [
        (
            Cell(each.variant, sort=each.variant),
            _accuracy(each.clean),
            _accuracy(each.corrupted),
            *(_loss(each.drop[corruption.name]) for corruption in each.corruptions),
        )
        for each in found
    ]
    return table("What each corruption takes, in points of accuracy", columns, rows)


def _accuracy(measured: Interval) -> Cell:
    between = scored(measured.value, measured.low, measured.high)
    return Cell(*between, f"{measured.value:.6f}")


def _loss(measured: Interval) -> Cell:
    """Return a drop as a negative change: what is taken is below zero."""
    known = np.isfinite(measured.low)
    between = points_interval(-measured.high, -measured.low) if known else ""
    return Cell(points(-measured.value), between, f"{-measured.value:.6f}")


def _severities(found: Sequence[VariantRobustness]) -> Table:
    columns: list[Column | str] = ["Variant", "Corruption"]
    most = max(len(corruption.severities) for corruption in found[0].corruptions)
    columns += [Column(f"Strength {number + 1}") for number in range(most)]
    rows = [
        (
            Cell(each.variant),
            Cell(corruption),
            *(_accuracy(interval) for interval in measured),
            *[Cell(MISSING)] * (most - len(measured)),
        )
        for each in found
        for corruption, measured in each.accuracy.items()
    ]
    return table("Accuracy at each strength, %, with 95 % intervals over images", columns, rows)


def _cost(found: Sequence[VariantRobustness]) -> str:
    images, seconds = (sum(e.images_seen for e in found), sum(e.seconds for e in found))
    return (
        f"It took {whole(images)} predictions and {duration(seconds)} of the workers' time, "
        "which stand in no budget: nothing was trained."
    )


def _examples(
    run: RunResults, album: ImageSheet, shown: Sequence[corruptions.Corruption]
) -> tuple[Gallery, ...]:
    """Show each corruption of the first training image."""
    if not album.open:
        return ()
    part = album.part("train")
    row, seed = int(part.rows["row"].iloc[0]), run.manifest.protocol.seed
    image = np.asarray(part.images[:1])
    return tuple(
        Gallery(
            corruption.name,
            tuple(
                Tile(
                    album.made(
                        (corruption.name, number),
                        corruptions.corrupt(image, corruption.name, number, [(seed, row)])[0],
                    ),
                    f"A training image under {corruption.name} of strength {number}",
                    f"{number}: {corruption.shown(number)}",
                )
                for number in range(1, len(corruption.severities) + 1)
            ),
        )
        for corruption in shown
    )
