"""The figures, drawn by matplotlib and returned as SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from benchmarks.evaluation.chance import majority_share
from benchmarks.evaluation.records import RunResults, VariantResults
from benchmarks.store import replacing, slug

INK, QUIET, GRID, TRAIN, VALIDATION = "#1f2933", "#5b6670", "#d9dee3", "#0072b2", "#c44e00"
PALETTE = {INK: "ink", QUIET: "quiet", GRID: "line", TRAIN: "train", VALIDATION: "validation"}
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


def overview(run: RunResults, board: pd.DataFrame) -> Figure:
    """Draw the accuracy of the ranked rows of the leaderboard ``board``.

    Each has its mean, its 95 % interval and a mark for each seed.
    """
    frame = board[board["status"] == "ok"]
    by_name = {variant.name: variant for variant in run.ranked}
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = _canvas(1, 4.6, 0.5 + 0.27 * len(frame))
        for place, (_, row) in enumerate(frame.iterrows()):
            seeds = [fit.test.correct.mean() for fit in by_name[row["variant"]].fits]
            axes.plot([row["accuracy_low"], row["accuracy_high"]], [place] * 2, color=TRAIN, lw=1.6)
            axes.plot(seeds, [place] * len(seeds), "|", color=QUIET, ms=7, mew=0.9)
            axes.plot(row["accuracy"], place, "o", color=TRAIN, ms=5.5)
        axes.axvline(majority_share(run)[1], color=VALIDATION, lw=1, ls=(0, (4, 3)))
        axes.set(ylim=(len(frame) - 0.5, -0.5))
        axes.set_yticks(range(len(frame)), [_shortened(name) for name in frame["variant"]])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.xaxis.set_major_locator(MaxNLocator(4))
    return figure


def curves(variant: VariantResults) -> Figure:
    """Draw loss and accuracy by epoch for train (solid) and validation (dashed), a line a seed."""
    with matplotlib.rc_context(STYLE):
        figure, panels = _canvas(2, 4.6, 4.4)
        for axes, quantity in zip(panels, ("loss", "accuracy"), strict=True):
            for fit in variant.fits:
                if "epoch" in fit.history:
                    _draw_history(axes, fit.history, quantity)
            axes.set_title(quantity.capitalize())
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        panels[0].legend(*_once(panels[0]), frameon=False, labelcolor=QUIET)
        panels[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panels[1].set_xlabel("epoch")
    return figure


def tuning(variant: VariantResults) -> Figure:
    """Draw the validation value of each trial, in order, marked by how the trial ended."""
    states = {"complete": ("o", TRAIN), "pruned": ("x", QUIET)}
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = _canvas(1, 4.6, 2.2)
        for state, (marker, colour) in states.items():
            chosen = [t for t in variant.trials if t.state == state and t.value is not None]
            numbers, values = [t.number for t in chosen], [t.value or 0.0 for t in chosen]
            axes.plot(numbers, values, marker, color=colour, ms=5, label=state)
        for trial in variant.trials:
            if trial.state == "failed":
                axes.axvline(trial.number, color=VALIDATION, lw=1, ls=":", label="failed")
        above: dict[str, Any] = {
            "loc": "lower left",
            "bbox_to_anchor": (0, 1),
            "ncols": 3,
            "borderpad": 0,
        }
        axes.legend(*_once(axes), frameon=False, labelcolor=QUIET, **above)
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set(xlabel="trial")
    return figure


def figures(run: RunResults, board: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of a run, whose leaderboard is ``board``, with a safe file name."""
    if run.ranked:
        yield "accuracy", overview(run, board)
    for variant in run.variants:
        if variant.fits:
            yield f"{slug(variant.name)}-curves", curves(variant)
        if variant.trials:
            yield f"{slug(variant.name)}-tuning", tuning(variant)


def save_figures(run: RunResults, board: pd.DataFrame, folder: Path) -> list[Path]:
    """Write every figure as SVG and PDF into ``folder``; return the files written.

    ``board`` is the leaderboard of ``run``.
    """
    written = []
    for name, figure in figures(run, board):
        for kind, undated in (("svg", {"Date": None}), ("pdf", {"CreationDate": None})):
            path = folder / f"{name}.{kind}"
            with (
                replacing(path) as temporary,
                matplotlib.rc_context({**STYLE, "svg.hashsalt": name}),
            ):
                figure.savefig(temporary, format=kind, metadata=undated)
            written.append(path)
    return written


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
    for colour, variable in PALETTE.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return Markup(re.sub(r">\s+<", "><", svg).replace(" \n", " "))


def _canvas(panels: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(panels, 1, sharex=panels > 1)))


def _draw_history(axes: Axes, history: pd.DataFrame, quantity: str) -> None:
    for part, colour, line in (("train", TRAIN, "-"), ("validation", VALIDATION, "--")):
        values = history[f"{part}_{quantity}"]
        alone = "o" if len(values) == 1 else ""
        axes.plot(history["epoch"], values, line, marker=alone, color=colour, lw=1.3, label=part)


def _once(axes: Axes) -> tuple[list[Any], list[str]]:
    """Return one legend entry for each label."""
    entries = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    return list(entries.values()), list(entries)


def _shortened(name: str) -> str:
    return name if len(name) <= 36 else name[:35] + "…"
