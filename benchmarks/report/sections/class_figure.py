"""The balance of the classes, drawn: how alike the splits are, and how unequal the classes."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from benchmarks.report.elements.drawing import GRID, INK, QUIET, STYLE, TRAIN, VALIDATION

MARKS = (("o", TRAIN), ("D", VALIDATION), ("|", INK))
"""Marker and colour of the first, second and third split."""


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
