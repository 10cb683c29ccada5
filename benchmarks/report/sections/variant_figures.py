"""The figures of one variant: small panels of one size, each drawn from numbers given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from benchmarks.evaluation.calibration import Scaling, scaling
from benchmarks.evaluation.curves import (
    FALSE_POSITIVE_RATES,
    RECALLS,
    SHARES,
    Selective,
    Separation,
    selective,
    separations,
)
from benchmarks.metrics import Reliability, metric_of
from benchmarks.report.elements.drawing import (
    GRID,
    INK,
    MANY,
    QUIET,
    STYLE,
    TRAIN,
    VALIDATION,
    panels,
)
from benchmarks.report.elements.numbers import shortened
from benchmarks.store.records import RunResults, VariantResults
from benchmarks.training.checkpoint import EpochRecord

HALVES, LABELS = (0, 0.5, 1), ("0", "50%", "100%")
LONGEST = 14
KEPT = 0.8
"""The share kept that is marked and told in words."""


def variant_figures(run: RunResults, variant: VariantResults) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of ``variant`` with a short name."""
    if has_curves(variant):
        yield "curves", curves(variant)
    if variant.trials:
        yield "tuning", tuning(variant, minimised(run))
    if variant.ranked:
        tests = [fit.test for fit in variant.fits]
        yield "thresholds", thresholds(separations(tests), run.class_names)
        if scaled := scaling(variant.fits):
            yield "reliability", reliability_diagram(scaled)
        yield "selective", selective_curve(selective(tests))


def has_curves(variant: VariantResults) -> bool:
    """Whether a fit left a history."""
    return any(fit.history for fit in variant.fits)


def minimised(run: RunResults) -> bool:
    """Whether tuning looked for the least value."""
    return not metric_of(run.manifest.protocol.selection).higher_is_better


def curves(variant: VariantResults) -> Figure:
    """Draw loss and accuracy by epoch for train (solid) and validation (dashed), a line a seed."""
    with matplotlib.rc_context(STYLE):
        figure, both = panels(2)
        for axes, quantity in zip(both, ("loss", "accuracy"), strict=True):
            for fit in variant.fits:
                if fit.history:
                    _draw_history(axes, fit.history, quantity)
            axes.set(title=quantity.capitalize(), xlabel="epoch")
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(4))
        both[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        both[0].legend(*_once(both[0]), frameon=False, labelcolor=QUIET, fontsize=7.5)
    return figure


def _draw_history(axes: Axes, history: Sequence[EpochRecord], quantity: str) -> None:
    epochs = [record.epoch for record in history]
    for part, colour, line in (("train", TRAIN, "-"), ("validation", VALIDATION, "--")):
        values = [getattr(record, f"{part}_{quantity}") for record in history]
        alone = "o" if len(values) == 1 else ""
        axes.plot(epochs, values, line, marker=alone, color=colour, lw=1.3, label=part)


def tuning(variant: VariantResults, lower_is_better: bool) -> Figure:
    """Draw each trial's validation value in order, how it ended, and the best complete so far."""
    states = {"complete": ("o", TRAIN), "pruned": ("x", QUIET)}
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = panels(1)
        for state, (marker, colour) in states.items():
            chosen = [t for t in variant.trials if t.state == state and t.value is not None]
            numbers, values = [t.number for t in chosen], [t.value or 0.0 for t in chosen]
            axes.plot(numbers, values, marker, color=colour, ms=5, label=state)
            if state == "complete" and len(chosen) > 1:
                best = np.minimum if lower_is_better else np.maximum
                so_far = best.accumulate(values)
                axes.step(numbers, so_far, where="post", color=TRAIN, lw=0.9, label="best so far")
        for trial in variant.trials:
            if trial.state == "failed":
                axes.axvline(trial.number, color=VALIDATION, lw=1, ls=":", label="failed")
        above: dict[str, Any] = {
            "loc": "lower left",
            "bbox_to_anchor": (-0.02, 1),
            "ncols": 4,
            "borderpad": 0,
            "columnspacing": 1.2,
            "handletextpad": 0.4,
            "fontsize": 7.5,
        }
        axes.legend(*_once(axes), frameon=False, labelcolor=QUIET, **above)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.set(xlabel="trial")
    return figure


def thresholds(classes: Sequence[Separation | None], names: Sequence[str]) -> Figure:
    """Draw each class's ROC curve, with its AUC, and its precision over recall.

    More than eight classes are drawn alike and without a legend.
    """
    known = [(name, each) for name, each in zip(names, classes, strict=True) if each]
    few = len(known) <= len(MANY)
    with matplotlib.rc_context(STYLE):
        figure, (roc, precision) = panels(2)
        for place, (name, each) in enumerate(known):
            colour, line = MANY[place] if few else (TRAIN, "-")
            style: dict[str, Any] = {"color": colour, "ls": line, "lw": 1.1 if few else 0.5}
            label = f"{shortened(name, LONGEST)} {each.auc:.2f}" if few else ""
            roc.plot(FALSE_POSITIVE_RATES, each.true_positive_rates, label=label, **style)
            precision.plot(RECALLS, each.precisions, **style)
        roc.plot([0, 1], [0, 1], color=QUIET, lw=0.7, ls=":")
        if few and known:
            _legend_below_the_curves(roc)
        _shares(roc, "ROC, area", "false positive rate")
        _shares(precision, "Precision over recall", "recall")
    return figure


def _legend_below_the_curves(axes: Axes) -> None:
    axes.legend(
        loc="lower right",
        frameon=False,
        labelcolor=INK,
        fontsize=6,
        handlelength=1.3,
        handletextpad=0.4,
        labelspacing=0.12,
        borderaxespad=0.1,
        borderpad=0.1,
    )


def reliability_diagram(scaled: Scaling) -> Figure:
    """Draw the share of right answers by confidence, before and after temperature scaling.

    The bars are the shares of the images in each bin; empty bins have neither dot nor bar.
    """
    with matplotlib.rc_context(STYLE):
        figure, both = panels(2)
        titles = ("As trained", "Temperature scaled")
        for axes, title, each in zip(both, titles, (scaled.before, scaled.after), strict=True):
            _draw_reliability(axes, each.reliability)
            _shares(axes, title, "confidence")
    return figure


def _draw_reliability(axes: Axes, found: Reliability) -> None:
    filled = found.counts > 0
    bins = len(found.counts)
    middles = (np.arange(bins) + 0.5) / bins
    shares = found.counts / found.counts.sum()
    axes.bar(middles[filled], shares[filled], 0.85 / bins, color=GRID)
    axes.plot([0, 1], [0, 1], color=QUIET, lw=0.7, ls=":")
    axes.plot(found.confidence[filled], found.accuracy[filled], "o-", color=TRAIN, lw=1.1, ms=3)


def selective_curve(found: Selective) -> Figure:
    """Draw the accuracy of the answers kept by their share, beside that of all answers."""
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = panels(1)
        axes.plot(SHARES, found.accuracies, color=TRAIN, lw=1.3)
        axes.axhline(found.at(1), color=QUIET, lw=0.8, ls=(0, (4, 3)))
        axes.plot(KEPT, found.at(KEPT), "o", color=TRAIN, ms=5)
        axes.set(xlabel="share kept, the most confident first", xlim=(0, 1))
        axes.set_title("Accuracy of those kept")
        axes.set_xticks(HALVES, LABELS)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure


def _shares(axes: Axes, title: str, label: str) -> None:
    """Make both axes shares from 0 to 100 %."""
    axes.set(xlim=(0, 1), ylim=(0, 1.01), title=title, xlabel=label)
    axes.set_xticks(HALVES, LABELS)
    axes.set_yticks(HALVES, LABELS)


def _once(axes: Axes) -> tuple[list[Any], list[str]]:
    """Return one legend entry for each label."""
    entries = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    return list(entries.values()), list(entries)
