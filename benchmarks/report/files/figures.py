"""The figures of a run, drawn by matplotlib: that of all variants, and the files of every one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from benchmarks.evaluation.guessing import majority_share
from benchmarks.evaluation.leaderboard import ranking_score
from benchmarks.protocol.names import slug
from benchmarks.report.elements.drawing import INK, QUIET, STYLE, TRAIN, VALIDATION
from benchmarks.report.elements.numbers import shortened
from benchmarks.report.sections.data import class_shares
from benchmarks.report.sections.variant_figures import variant_figures
from benchmarks.store.records import RunResults
from datasets.files import replacing

LONGEST = 36


def overview(run: RunResults, board: pd.DataFrame) -> Figure:
    """Draw the accuracy of the ranked rows of the leaderboard ``board``.

    Each has its mean, its 95 % interval and a mark for each seed.
    """
    frame = board[board["status"] == "ok"]
    by_name = {row.name: row for row in run.rows}
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 0.5 + 0.27 * len(frame)), layout="constrained")
        axes = figure.subplots()
        for place, (_, row) in enumerate(frame.iterrows()):
            seeds = [fit.test.accuracy for fit in by_name[row["variant"]].fits]
            score = ranking_score(row)
            axes.plot([score.low, score.high], [place] * 2, color=TRAIN, lw=1.6)
            axes.plot(seeds, [place] * len(seeds), "|", color=QUIET, ms=7, mew=0.9)
            axes.plot(score.value, place, "o", color=TRAIN, ms=5.5)
        axes.axvline(majority_share(run)[1], color=VALIDATION, lw=1, ls=(0, (4, 3)))
        axes.set(ylim=(len(frame) - 0.5, -0.5))
        axes.set_yticks(range(len(frame)), [shortened(name, LONGEST) for name in frame["variant"]])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.xaxis.set_major_locator(MaxNLocator(4))
    return figure


def figures(run: RunResults, board: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of a run, whose leaderboard is ``board``, with a safe file name."""
    if run.ranked:
        yield "accuracy", overview(run, board)
    counts = run.audit.counts if run.audit else run.manifest.split.counts
    if any(counts.values()):
        yield "class-shares", class_shares(counts)
    for variant in run.rows:
        for kind, figure in variant_figures(run, variant):
            yield f"{slug(variant.name)}-{kind}", figure


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
