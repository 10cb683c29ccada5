"""The figure of the leak laboratory: what each mistake is worth, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.leaks.effect import MistakeEffect
from benchmarks.report.elements.drawing import INK, QUIET, STYLE, VALIDATION


def effects_figure(effects: Sequence[MistakeEffect]) -> Figure:
    """Draw the gain of each measured mistake, in points, and its interval, the largest on top."""
    measured = sorted((w for w in effects if w.measured), key=lambda w: -w.gain.value)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 0.7 + 0.3 * len(measured)), layout="constrained")
        axes = figure.subplots()
        for place, effect in enumerate(measured):
            gain = effect.gain
            axes.plot([100 * gain.low, 100 * gain.high], [place] * 2, color=VALIDATION, lw=1.6)
            axes.plot(100 * gain.value, place, "o", color=VALIDATION, ms=5.5)
        axes.axvline(0, color=QUIET, lw=1)
        axes.set(ylim=(len(measured) - 0.5, -0.5), xlabel="points of accuracy")
        axes.set_yticks(range(len(measured)), [effect.mistake.name for effect in measured])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(6))
    return figure
