"""How figures are drawn: one style, one palette, and SVG for the page."""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET, GRID, TRAIN, VALIDATION = "#1f2933", "#5b6670", "#d9dee3", "#0072b2", "#c44e00"
GREEN, PURPLE, OCHRE, OLIVE = "#008a64", "#b0508a", "#a87400", "#7d7600"
PALETTE = {
    INK: "ink",
    QUIET: "quiet",
    GRID: "line",
    TRAIN: "train",
    VALIDATION: "validation",
    GREEN: "green",
    PURPLE: "purple",
    OCHRE: "ochre",
    OLIVE: "olive",
}
MANY = (
    (TRAIN, "-"),
    (VALIDATION, "-"),
    (GREEN, "-"),
    (PURPLE, "-"),
    (OCHRE, "--"),
    (INK, "--"),
    (QUIET, "--"),
    (OLIVE, "--"),
)
"""Colour and line of up to eight things; Okabe & Ito's, darkened until they show on white."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": QUIET,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "path.simplify_threshold": 0.5,
}


def inline_svg(figure: Figure, name: str) -> Markup:
    """Return ``figure`` as an SVG element for a page, the same bytes for the same figure.

    Colours become the page's own, so that the figure follows light and dark; identifiers
    are derived from ``name``, so that no two figures of a page share one. An artist whose
    identifier is ``mark-1`` becomes a group with ``data-mark="mark-1"``, for a script to find.
    """
    buffer = io.StringIO()
    undated = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata=undated, transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<style.*?</style>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r'<g id="(mark-\d+)">', r'<g data-mark="\1">', svg)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"font-family: [^;\"]+; ?", "", svg)
    svg = re.sub(r'="[^"]*"', lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]), svg)
    for colour, variable in PALETTE.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return Markup(re.sub(r">\s+<", "><", svg).replace(" \n", " "))


def panels(count: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``count`` (1 or 2) panels side by side, 3.9 by 2.1 inches.

    Margins and titles are in fixed places: to have them fitted takes longer than to draw the rest.
    """
    width, height = 3.9, 2.1
    figure = Figure(figsize=(width, height))
    left, right, below, above, between = 0.46, 0.2, 0.42, 0.26, 0.58
    each = (width - left - right - between * (count - 1)) / count
    tall = (height - below - above) / height
    with matplotlib.rc_context({"axes.titley": 1.0}):
        return figure, [
            figure.add_axes(
                ((left + place * (each + between)) / width, below / height, each / width, tall)
            )
            for place in range(count)
        ]
