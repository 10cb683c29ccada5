"""Two variants of a run compared, in words and numbers for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from benchmarks.evaluation.comparison import SIGNIFICANCE, Pair
from benchmarks.evaluation.statistics import Statistics, SubsetStatistics
from benchmarks.report.elements.numbers import (
    interval,
    p_value,
    percent,
    plural,
    points,
    points_interval,
    rank,
    unsigned_points,
    whole,
)
from benchmarks.store.records import RunResults


def accuracies(run: RunResults, statistics: Statistics, pair: Pair) -> Table:
    """Return both variants' accuracies, whole and without duplicates, and their difference."""
    seeds = {row.name: None if row.ensemble else len(row.fits) for row in run.rows}
    shown = Table(box=None, pad_edge=False)
    shown.add_column("variant", overflow="fold")
    for column in ("accuracy, %", "95 % interval", "without duplicates, %", "seeds", "rank"):
        shown.add_column(column, justify="right", no_wrap=True)
    for name in (pair.first, pair.second):
        shown.add_row(
            name,
            *_accuracy(statistics.whole, name),
            _accuracy(statistics.without_duplicates, name)[0],
            whole(seeds[name]),
            rank(*statistics.ranks.get(name, (None, None))),
        )
    shown.add_row("difference", points(pair.difference), points_interval(pair.low, pair.high))
    return shown


def _accuracy(part: SubsetStatistics | None, name: str) -> tuple[str, str]:
    if part is None:
        return "none left", ""
    score = part.ranking(name)
    return percent(score.value), interval(score.low, score.high)


def tests(pair: Pair) -> Table:
    """Return McNemar's table and exact p-value for each seed that both were fitted with."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("McNemar’s exact test", no_wrap=True)
    for column in ("both right", "only the first", "only the second", "neither", "p"):
        shown.add_column(column, justify="right", no_wrap=True)
    for test in pair.mcnemar:
        counts = (test.both, test.only_first, test.only_second, test.neither)
        shown.add_row(test.told, *map(whole, counts), p_value(test.p))
    return shown


def verdict(statistics: Statistics, pair: Pair) -> Iterator[str]:
    """Say what follows, for which claim, and what could not have been seen."""
    corrected = f"; p {p_value(pair.p_holm)} after Holm's correction over all {pair.family} pairs"
    yield f"p {p_value(pair.p)} ({pair.test}){corrected if pair.family > 1 else ''}."
    ahead = pair if pair.difference >= 0 else pair.turned()
    if pair.differs:
        yield (
            f"{ahead.first} is better than {ahead.second} by "
            f"{unsigned_points(ahead.difference)} points: more than chance"
            f"{', among all pairs.' if pair.family > 1 else '.'}"
        )
    elif pair.p < SIGNIFICANCE:
        yield (
            "The difference would be more than chance, had this pair been chosen before the run; "
            "picked from all pairs afterwards, it may be chance."
        )
    else:
        yield "The difference may be chance: these test images do not tell the two apart."
    if pair.seeds_known:
        yield "This is about the variants, trained again with other seeds, on other images."
    else:
        yield (
            "Without several seeds of both, this is about these very fits on other images: how "
            "far another training would land is unknown."
        )
    if statistics.resolution and not pair.differs:
        needed = unsigned_points(statistics.resolution.alone)
        images = plural(statistics.whole.images if statistics.whole else 0, "test image")
        yield (
            f"With {images} a true difference of {needed} points between two networks is found "
            "four times out of five."
        )
