"""The leaderboard of the page: tied ranks, intervals drawn to one scale, and what to filter by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmarks.evaluation.conditions import timed_apart
from benchmarks.evaluation.gains import Gain
from benchmarks.evaluation.guessing import did_not_learn, majority_share
from benchmarks.evaluation.leaderboard import INTERVAL
from benchmarks.evaluation.published import DATA_SET, PUBLISHED, Published
from benchmarks.metrics import METRICS, Metric
from benchmarks.report.elements.elements import Cell, Column
from benchmarks.report.elements.numbers import (
    MISSING,
    compact,
    duration,
    interval,
    percent,
    points,
    points_interval,
    rank,
    scored,
    setting,
    three_digits,
    whole,
    with_sign,
)
from benchmarks.report.elements.whiskers import Axis, Whisker, scale, whisker
from benchmarks.report.files.leaderboard import spread
from benchmarks.report.sections.fairness import marks
from benchmarks.store.records import RunResults, VariantRecord, VariantResults

RANK = (
    "The ranks that the test set leaves open: from 1 + the number of variants that are "
    "significantly better to the number of all less that of the significantly worse, after "
    "Holm's correction over all pairs. Rows stand by mean test accuracy."
)
GAIN = (
    "Accuracy less that of the same architecture from scratch, on the same images; in small "
    "figures the 95 % interval of the difference."
)
INTERVAL_COLUMN = 3
LONG = 25


@dataclass(frozen=True)
class Fact:
    """Something that rows are chosen by: ``key`` names it in the page, ``values`` are its values.

    A row that has none of them carries another value or none.
    """

    key: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A line drawn through all rows: its place on the scale and what it means."""

    kind: str
    place: str
    meaning: str


@dataclass(frozen=True)
class BoardRow:
    """A row's cells, its drawing in the column ``INTERVAL_COLUMN``, and its facts by key."""

    cells: tuple[Cell, ...]
    drawing: Whisker | None
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Board:
    """The leaderboard: ``rows`` of this run, and ``published`` ones that were not run here.

    ``long`` tells a table so long that its heading should stay in sight.
    """

    caption: str
    columns: tuple[Column, ...]
    drawn: int
    rows: tuple[BoardRow, ...]
    published: tuple[BoardRow, ...]
    about_published: str
    facts: tuple[Fact, ...]
    scale: Axis
    references: tuple[Reference, ...]
    long: bool


def ranking(
    run: RunResults, frame: pd.DataFrame, gained: Sequence[Gain], anchors: Mapping[str, str]
) -> Board:
    """Return the leaderboard; ``anchors`` is variant → place in the page."""
    beside = PUBLISHED if run.manifest.data.name == DATA_SET else ()
    on, columns = _scale(frame), _columns(run, gained)
    return Board(
        caption="Variants by mean test accuracy",
        columns=tuple(columns),
        drawn=INTERVAL_COLUMN,
        rows=tuple(_rows(run, frame, gained, anchors, on)),
        published=tuple(_published(each, on, len(columns)) for each in beside),
        about_published=_about(run, beside),
        facts=_facts(run),
        scale=on,
        references=tuple(_references(run, on, beside)),
        long=len(frame) > LONG,
    )


def _rows(
    run: RunResults,
    frame: pd.DataFrame,
    gained: Sequence[Gain],
    anchors: Mapping[str, str],
    on: Axis,
) -> list[BoardRow]:
    by_name = {variant.name: variant for variant in run.variants}
    lost = {v.name for v in run.ranked if not v.external and did_not_learn(run, v)}
    transfer = {gain.variant: gain for gain in gained if gain.kind == "transfer"}
    marked, apart = marks(run), timed_apart(run)
    width = len(_columns(run, gained))
    rows = []
    for place, (_, row) in enumerate(frame.iterrows(), start=1):
        variant = by_name[row["variant"]]
        learned = ["did not learn within this budget"] if variant.name in lost else []
        told = "; ".join([*learned, *marked[variant.name]])
        name = Cell(variant.name, told, variant.name, f"#{anchors[variant.name]}")
        if row["status"] == "ok":
            placed = None if run.mistake or variant.external else place
            rest = (
                *_scores(row, placed),
                *(_gain(transfer.get(variant.name)) if transfer else ()),
                *_costs(row, timed=variant.name not in apart),
                *_settings(variant.record),
            )
        else:
            rest = _reason(row, width - 1)
        rows.append(BoardRow((name, *rest), _drawing(row, variant, on), _values(variant.record)))
    return rows


def _scores(row: pd.Series, place: int | None) -> tuple[Cell, ...]:
    accuracy, *others = METRICS
    ends = row["accuracy_low"], row["accuracy_high"]
    return (
        Cell(rank(row["rank_low"], row["rank_high"]), sort=str(place)) if place else Cell("none"),
        Cell(spread(row, accuracy.name, accuracy.fraction), sort=_key(row["accuracy"])),
        Cell(interval(*ends) or MISSING, sort=_key(ends[0])),
        *(_score(row, metric) for metric in others),
        Cell(
            percent(row["accuracy_without_duplicates"]),
            interval(
                row["accuracy_without_duplicates_low"], row["accuracy_without_duplicates_high"]
            ),
            _key(row["accuracy_without_duplicates"]),
        ),
    )


def _score(row: pd.Series, metric: Metric) -> Cell:
    note = ""
    if metric.resampled is not None:
        ends = row[f"{metric.name}_low"], row[f"{metric.name}_high"]
        note = scored(row[metric.name], *ends, fraction=metric.fraction)[1]
    return Cell(spread(row, metric.name, metric.fraction), note, _key(row[metric.name]))


def _gain(gain: Gain | None) -> tuple[Cell]:
    if gain is None:
        return (Cell(MISSING),)
    pair = gain.pair
    between = points_interval(pair.low, pair.high)
    return (Cell(points(pair.difference), between, _key(pair.difference)),)


def _costs(row: pd.Series, *, timed: bool) -> tuple[Cell, ...]:
    """Return what a row costs; times that do not compare are sorted after all others."""
    return (
        _number(row["parameters"], compact),
        _number(row["macs"], compact),
        _number(row["latency_ms"], three_digits, ranked=timed),
        _number(row["train_seconds"], duration, ranked=timed),
        _number(row["batch_latency_ms"], three_digits, ranked=timed),
        _number(row["peak_memory_mb"], whole),
        _number(row["images_seen"], compact),
        _number(row["seeds"], whole),
    )


def _settings(facts: VariantRecord) -> tuple[Cell, ...]:
    size = facts.input_size
    return (
        *(
            Cell(value or MISSING, sort=value)
            for value in (facts.engine, facts.initialisation, facts.strategy)
        ),
        Cell(setting(facts.augmentation), sort=facts.augmentation or ""),
        Cell(setting(size), sort=str(size or "")),
    )


def _reason(row: pd.Series, span: int) -> tuple[Cell]:
    told = f"{row['status']}: {row['reason']}" if row["reason"] else str(row["status"])
    return (Cell(told, span=span),)


def _columns(run: RunResults, gained: Sequence[Gain]) -> list[Column]:
    sizes = {variant.cost.batch_size for variant in run.ranked} - {None}
    batch = f"Batch of {sizes.pop()}, ms" if len(sizes) == 1 else "Batch, ms"
    accuracy, *others = map(_metric, METRICS)
    transfer = any(gain.kind == "transfer" for gain in gained)
    return [
        Column("Variant", numeric=False),
        Column("Rank", RANK, sorted="ascending"),
        accuracy,
        Column(
            "95 % interval",
            f"{INTERVAL}. A ring: the mean. A tick: a seed.",
            numeric=False,
            largest_first=True,
        ),
        *others,
        Column(
            "Without duplicates, %",
            "Accuracy on the test images whose pixels stand neither in train nor in validation; "
            "in small figures its 95 % interval.",
            largest_first=True,
            shown=bool(run.test_duplicates),
        ),
        *([Column("Transfer gain, points", GAIN, largest_first=True)] if transfer else []),
        Column("Parameters", "Trainable and frozen weights of the whole network."),
        Column("MACs", "Multiply-accumulates of one forward pass of one image."),
        Column("One image, ms", "Median latency of a forward pass of a single image."),
        Column("Training", "Time of one final fit, mean over seeds; tuning is not in it."),
        Column(batch, "Median latency of a forward pass of one batch.", shown=False),
        Column(
            "Memory, MB", "Peak memory of the training process, largest over seeds.", shown=False
        ),
        Column(
            "Images seen",
            "Training images seen in all trials and final fits together.",
            shown=False,
        ),
        Column("Seeds", "Final fits that were scored.", shown=False),
        Column("Engine", "The library that trained it.", numeric=False, shown=False),
        Column("Initialisation", "Where its weights start.", numeric=False, shown=False),
        Column("Strategy", "What is trained.", numeric=False, shown=False),
        Column("Augmentation", "What changes its training images.", numeric=False, shown=False),
        Column("Input, pixels", "The side of the images that it is given.", shown=False),
    ]


def _metric(metric: Metric) -> Column:
    drawn = metric.name == "accuracy"
    resampled = metric.resampled is not None and not drawn
    return Column(
        metric.label + (", %" if metric.fraction else ""),
        f"{metric.definition} Mean over seeds; ± is the standard deviation over seeds."
        + (f" In small figures: {INTERVAL}." if resampled else ""),
        largest_first=metric.higher_is_better,
        shown=metric.name != "log_loss",
    )


def _number(value: Any, form: Any, *, ranked: bool = True) -> Cell:
    return Cell(form(value), sort=_key(value) if ranked else "")


def _key(value: Any) -> str:
    return "" if pd.isna(value) else repr(float(value))


def _scale(frame: pd.DataFrame) -> Axis:
    shown = frame[frame["status"] == "ok"]
    return scale(map(float, [*shown["accuracy_low"], *shown["accuracy"], *shown["accuracy_high"]]))


def _drawing(row: pd.Series, variant: VariantResults, on: Axis) -> Whisker | None:
    if row["status"] != "ok":
        return None
    seeds = [fit.test.accuracy for fit in variant.fits] if row["seeds"] > 1 else []
    return whisker(on, row["accuracy_low"], row["accuracy"], row["accuracy_high"], seeds)


def _facts(run: RunResults) -> tuple[Fact, ...]:
    """Return what chips are worth having: facts of which the rows have several values."""
    labels = {"engine": "Engine", "initialisation": "Initialisation", "strategy": "Strategy"}
    each = [dict(_values(variant.record)) for variant in run.variants]
    found = (
        Fact(key, label, tuple(dict.fromkeys(row[key] for row in each if row[key])))
        for key, label in labels.items()
    )
    return tuple(fact for fact in found if len(fact.values) > 1)


def _values(facts: VariantRecord) -> tuple[tuple[str, str], ...]:
    """Return a row's facts; of an initialisation such as ``file:PATH`` the kind alone."""
    kind, _, _ = facts.initialisation.partition(":")
    return (("engine", facts.engine), ("initialisation", kind), ("strategy", facts.strategy))


def _references(run: RunResults, on: Axis, beside: Sequence[Published]) -> list[Reference]:
    lines = [
        Reference("published", on.place(each.accuracy), f"{each.line} {percent(each.accuracy)}")
        for each in beside
        if each.line and on.holds(each.accuracy)
    ]
    name, share = majority_share(run) if run.ranked else ("", -1.0)
    if on.holds(share):
        told = f"always answering “{name}” {percent(share)}"
        lines.insert(0, Reference("guess", on.place(share), told))
    return lines


def _published(each: Published, on: Axis, width: int) -> BoardRow:
    margin = f" ± {percent(each.margin, 0)}" if each.margin else ""
    ends = each.accuracy - each.margin, each.accuracy, each.accuracy + each.margin
    cells = (
        Cell(each.who),
        Cell(MISSING),
        Cell(f"{percent(each.accuracy)}{margin}"),
        Cell(interval(ends[0], ends[-1]) if each.margin else ""),
        Cell(f"{each.caveat} {each.source}", span=width - INTERVAL_COLUMN - 1),
    )
    return BoardRow(cells, whisker(on, *ends) if on.holds(each.accuracy) else None)


def _about(run: RunResults, beside: Sequence[Published]) -> str:
    if not beside:
        return ""
    told = "Each by its own protocol, as its source gives it."
    if run.test_duplicates:
        shared = run.test_duplicates / len(run.test_shared)
        told += (
            f" None says what is left without the {with_sign(shared)} of the test images that "
            "other splits also hold."
        )
    return told
