"""Choosing: accuracy against cost, and what to take under limits that the reader sets."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from benchmarks.evaluation.choice import Candidate, Limits, alternatives, choose, front
from benchmarks.evaluation.statistics import Statistics
from benchmarks.report.elements.drawing import inline_svg
from benchmarks.report.elements.elements import Picture
from benchmarks.report.elements.numbers import compact, listing, percent, plural
from benchmarks.report.elements.outline import Content
from benchmarks.report.sections.choice_text import alternative, given_up, least, lines, taken
from benchmarks.report.sections.choosing_figures import MARK, CostAxis, cost_figures, drawable
from benchmarks.store.records import RunResults

MOST_NAMED = 6


@dataclass(frozen=True)
class Stop:
    """One position of a slider: the limit, as it is written and as the command takes it."""

    limit: float | None
    label: str
    option: str


@dataclass(frozen=True)
class Slider:
    """A limit that the reader sets: ``stops`` rise, and the last of them is no limit."""

    key: str
    label: str
    stops: tuple[Stop, ...]


@dataclass(frozen=True)
class CandidateData:
    """The costs of a candidate, what is said of it, and the places of those that it ties with."""

    latency: float | None
    parameters: float | None
    told: tuple[str, str]
    tied: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class ChoosingData:
    """Numbers and sentences for the page's script, which looks up what keeps the limits.

    ``candidates`` are best first, ``limits`` (limit, label, option) of each stop by slider;
    ``least`` is said where no candidate keeps them.
    """

    candidates: tuple[CandidateData, ...]
    limits: Mapping[str, tuple[tuple[float | None, str, str], ...]]
    least: str


@dataclass(frozen=True)
class ChoosingSection(Content):
    """The figures, the sliders, what is said without limits, and the data for the script."""

    pictures: tuple[Picture, ...]
    sliders: tuple[Slider, ...]
    unlimited: tuple[str, ...]
    data: ChoosingData
    command: str


def choosing_section(
    run: RunResults, statistics: Statistics, offered: Sequence[Candidate]
) -> ChoosingSection | None:
    """Return the section of ``run``, or ``None`` where there are not two to choose from."""
    if len(offered) < 2:
        return None
    sliders = tuple(_sliders(offered))
    choice = choose(offered, statistics, Limits())
    return ChoosingSection(
        pictures=tuple(_pictures(offered)),
        sliders=sliders,
        unlimited=tuple(lines(choice, offered, Limits())),
        data=ChoosingData(
            candidates=tuple(_candidate_data(each, offered, statistics) for each in offered),
            limits={
                slider.key: tuple((stop.limit, stop.label, stop.option) for stop in slider.stops)
                for slider in sliders
            },
            least=f"No variant keeps within these limits: {least(offered)}.",
        ),
        command=f"ferbench choose results/{run.manifest.name}",
    )


def _candidate_data(
    candidate: Candidate, offered: Sequence[Candidate], statistics: Statistics
) -> CandidateData:
    best = offered[0]
    pair = None if candidate is best else statistics.pair(best.variant, candidate.variant)
    places = {each.variant: place for place, each in enumerate(offered)}
    return CandidateData(
        latency=candidate.latency_ms,
        parameters=candidate.parameters,
        told=(taken(candidate), given_up(candidate, best, pair)),
        tied=tuple(
            (places[other.variant], alternative(other, candidate))
            for other in alternatives(candidate, offered, statistics)
        ),
    )


def _sliders(offered: Sequence[Candidate]) -> Iterator[Slider]:
    latencies = [c.latency_ms for c in offered if c.latency_ms is not None]
    sizes = [c.parameters for c in offered if c.parameters is not None]
    if latencies:
        yield Slider(
            "latency",
            "One image may take",
            _stops(latencies, "--max-latency-ms", "{:g} ms".format, "{:g}".format),
        )
    if sizes:
        yield Slider(
            "parameters",
            "The network may have",
            _stops(sizes, "--max-params", _parameters, lambda size: compact(size).replace(" ", "")),
        )


def _stops(
    values: Sequence[float],
    option: str,
    write: Callable[[float], str],
    short: Callable[[float], str],
) -> tuple[Stop, ...]:
    """Return a stop for each cost that occurs, rounded up to three digits, and one for none."""
    limits = sorted({rounded_up(value) for value in values})
    stops = [Stop(limit, f"at most {write(limit)}", f"{option} {short(limit)}") for limit in limits]
    return (*stops, Stop(None, "any", ""))


def _parameters(size: float) -> str:
    return f"{compact(size)} parameters"


def rounded_up(value: float) -> float:
    """Return the least number of three significant digits that is not below ``value`` (≥ 0)."""
    if value <= 0:
        return 0.0
    place = math.floor(math.log10(value)) - 2
    for digits in (math.floor(value / 10.0**place), math.ceil(value / 10.0**place)):
        rounded = float(f"{digits}e{place}")
        if rounded >= value:
            return rounded
    return float(f"{math.ceil(value / 10.0**place) + 1}e{place}")


def _pictures(offered: Sequence[Candidate]) -> Iterator[Picture]:
    for axis, figure in cost_figures(offered):
        ahead = [c.variant for c in front(offered, axis.read)]
        svg = _with_titles(inline_svg(figure, f"choosing-{axis.name}"), offered, axis)
        yield Picture(
            svg,
            f"Test accuracy against {axis.label.lower()}, {plural(len(offered), 'variant')}. "
            f"On the Pareto front, cheapest first: {_named(ahead)}",
            _caption(offered, axis),
        )


def _caption(offered: Sequence[Candidate], axis: CostAxis) -> str:
    shown = drawable(offered, axis)
    left = [c.variant for c in offered if c not in shown]
    text = "Filled and joined: the Pareto front. Lines: 95 % intervals. The scale is logarithmic."
    return f"{text} Not drawn, without a cost above zero: {_named(left)}." if left else text


def _named(names: Sequence[str]) -> str:
    if len(names) <= MOST_NAMED:
        return listing(list(names))
    return listing([*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"])


def _with_titles(svg: Markup, offered: Sequence[Candidate], axis: CostAxis) -> Markup:
    """Give each mark of a candidate its name and numbers, which the browser shows on request."""

    def titled(found: re.Match[str]) -> str:
        candidate = offered[int(found[1])]
        cost = axis.read(candidate) or 0
        text = f"{candidate.variant}: {percent(candidate.accuracy)} %, {axis.write(cost)}"
        return f'<g data-mark="{found[1]}"><title>{escape(text)}</title>'

    return Markup(re.sub(rf'<g data-mark="{MARK}(\d+)">', titled, svg))
