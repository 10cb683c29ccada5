"""Accuracy against what it costs: a figure for each cost, with the Pareto front."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, PercentFormatter
from matplotlib.transforms import Bbox

from benchmarks.evaluation.choice import Candidate, front
from benchmarks.report.elements.drawing import GRID, INK, QUIET, STYLE, TRAIN
from benchmarks.report.elements.numbers import compact, duration, shortened, three_digits

MARK = "mark-"
LONGEST = 28
PLACES = (
    (7, 0, "left", "center"),
    (-7, 0, "right", "center"),
    (0, 8, "center", "bottom"),
    (0, -8, "center", "top"),
    (6, 7, "left", "bottom"),
    (6, -7, "left", "top"),
    (-6, 7, "right", "bottom"),
    (-6, -7, "right", "top"),
)
"""Where a name may stand beside its point: offset in points, and how it is aligned."""


@dataclass(frozen=True)
class CostAxis:
    """A cost: its name, how it is read from a candidate and how a number of it is written."""

    name: str
    label: str
    read: Callable[[Candidate], float | None]
    write: Callable[[float], str]


AXES = (
    CostAxis("latency", "Latency of one image, ms", lambda c: c.latency_ms, three_digits),
    CostAxis("parameters", "Parameters", lambda c: c.parameters, compact),
    CostAxis("training", "Time of one training", lambda c: c.train_seconds, duration),
)


def drawable(offered: Sequence[Candidate], axis: CostAxis) -> tuple[Candidate, ...]:
    """Return the candidates whose cost is known and above zero, as a logarithmic axis needs."""
    return tuple(c for c in offered if (axis.read(c) or 0) > 0)


def cost_figure(offered: Sequence[Candidate], axis: CostAxis) -> Figure:
    """Draw accuracy with its 95 % interval against one cost; the front is filled and joined.

    Names stand where they cover neither a point nor another name; what is too crowded goes
    without. The marks of candidate n carry the identifier ``mark-n``.
    """
    shown = drawable(offered, axis)
    ahead = [c for c in front(offered, axis.read) if c in shown]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 3.7), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        _frame(axes, axis)
        axes.step(*_line(ahead, axis), where="post", color=TRAIN, lw=1.2)
        for place, candidate in enumerate(offered):
            if candidate in shown:
                _mark(axes, axis, candidate, place, on_front=candidate in ahead)
        axes.margins(x=0.12, y=0.1)
        figure.draw_without_rendering()
        _name(axes, axis, [*ahead, *(c for c in shown if c not in ahead)], offered)
    return figure


def cost_figures(offered: Sequence[Candidate]) -> Iterator[tuple[CostAxis, Figure]]:
    """Yield the figure of each cost that at least two candidates have."""
    for axis in AXES:
        if len(drawable(offered, axis)) > 1:
            yield axis, cost_figure(offered, axis)


def _frame(axes: Axes, axis: CostAxis) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: axis.write(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(axis.label)
    axes.set_title("Test accuracy")


def _line(ahead: Sequence[Candidate], axis: CostAxis) -> tuple[list[float], list[float]]:
    return [axis.read(c) or 0 for c in ahead], [c.accuracy for c in ahead]


def _mark(axes: Axes, axis: CostAxis, candidate: Candidate, place: int, *, on_front: bool) -> None:
    at, gid = axis.read(candidate) or 0, f"{MARK}{place}"
    axes.plot([at, at], [candidate.low, candidate.high], color=GRID, lw=1.4, gid=gid, zorder=1.5)
    fill = TRAIN if on_front else "none"
    edge = TRAIN if on_front else QUIET
    axes.plot(at, candidate.accuracy, "o", mfc=fill, mec=edge, mew=1.2, ms=6, gid=gid)


def _name(
    axes: Axes,
    axis: CostAxis,
    ordered: Sequence[Candidate],
    offered: Sequence[Candidate],
) -> None:
    """Write the names of ``ordered``, the front first, as far as there is room."""
    frame = axes.get_window_extent()
    points = [axes.transData.transform((axis.read(c) or 0, c.accuracy)) for c in ordered]
    filled = front(offered, axis.read)
    ahead = [point for c, point in zip(ordered, points, strict=True) if c in filled]
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in points]
    for (x, y), (further, above) in pairwise(ahead):
        taken += [
            Bbox([[x, y - 1], [further, y + 1]]),
            Bbox([[further - 1, y], [further + 1, above]]),
        ]
    places = {candidate.variant: place for place, candidate in enumerate(offered)}
    for candidate in ordered:
        label = axes.annotate(
            shortened(candidate.variant, LONGEST),
            (axis.read(candidate) or 0, candidate.accuracy),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=7.5,
            color=INK,
            gid=f"{MARK}{places[candidate.variant]}",
        )
        box = _settle(label, frame, taken)
        if box is None:
            label.remove()
        else:
            taken.append(box)


def _settle(label: Annotation, frame: Bbox, taken: Sequence[Bbox]) -> Bbox | None:
    """Put a label at the first place that is free and inside the frame; None if none is."""
    for x, y, horizontal, vertical in PLACES:
        label.set_position((x, y))
        label.set(ha=horizontal, va=vertical)
        box = label.get_window_extent()
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
        inside = inside and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if inside and not any(box.overlaps(other) for other in taken):
            return Bbox(box.get_points())
    return None
