"""The leaderboard of the page: tied ranks, intervals drawn to one scale, and what to filter by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmarks.evaluation.conditions import timed_apart
from benchmarks.evaluation.guessing import did_not_learn, majority_share
from benchmarks.evaluation.leaderboard import (
    INTERVAL,
    VIEWS,
    BoardColumn,
    on_page,
    ranking_score,
)
from benchmarks.evaluation.published import Published, published_beside
from benchmarks.evaluation.views import views_of
from benchmarks.metrics import RANKED_BY
from benchmarks.protocol.views import SIZES, View
from benchmarks.report.elements.elements import Cell, Column, Table
from benchmarks.report.elements.numbers import (
    MISSING,
    interval,
    listing,
    percent,
    points_interval,
    scored,
    with_sign,
)
from benchmarks.report.elements.outline import Content
from benchmarks.report.elements.whiskers import Axis, Whisker, scale, whisker
from benchmarks.report.files.leaderboard import TEXTS, ends
from benchmarks.report.sections.fairness import marks
from benchmarks.store.records import RunResults, VariantRecord, VariantResults

LONG = 25


@dataclass(frozen=True)
class Facet:
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
    """A row's cells, its drawing in the column ``Board.drawn``, and its facts by key."""

    cells: tuple[Cell, ...]
    drawing: Whisker | None
    facets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Board(Content):
    """The leaderboard: ``rows`` of this run, and ``published`` ones that were not run here.

    ``long`` tells a table so long that its heading should stay in sight.
    """

    caption: str
    interval: str
    columns: tuple[Column, ...]
    drawn: int
    rows: tuple[BoardRow, ...]
    published: tuple[BoardRow, ...]
    about_published: str
    about_views: str
    facets: tuple[Facet, ...]
    scale: Axis
    references: tuple[Reference, ...]
    long: bool

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the whole leaderboard."""
        rows = (*self.rows, *self.published)
        yield "", Table(self.caption, self.columns, tuple(row.cells for row in rows))


def ranking(run: RunResults, frame: pd.DataFrame, anchors: Mapping[str, str]) -> Board:
    """Return the leaderboard; ``anchors`` is variant → place in the page.

    ``frame`` is what `benchmarks.evaluation.leaderboard.standings` gives of ``run``.
    """
    beside = published_beside(run.manifest)
    on = _scale(frame)
    chosen = [c for c in on_page() if not c.optional or frame[c.name].notna().any()]
    drawn = next(place for place, column in enumerate(chosen) if column.kind == "interval")
    return Board(
        caption="Variants by mean test accuracy",
        interval=INTERVAL,
        columns=tuple(_heading(run, column) for column in chosen),
        drawn=drawn,
        rows=tuple(_rows(run, frame, chosen, anchors, on)),
        published=tuple(_published(each, on, chosen, drawn) for each in beside),
        about_published=_about(run, beside),
        about_views=_about_views(views_of(run)),
        facets=_facets(run),
        scale=on,
        references=tuple(_references(run, on, beside)),
        long=len(frame) > LONG,
    )


def _heading(run: RunResults, column: BoardColumn) -> Column:
    drawing = " A ring: the mean. A tick: a seed." if column.kind == "interval" else ""
    return Column(
        column.heading(run),
        column.definition + drawing,
        numeric=column.numeric,
        largest_first=column.largest_first,
        sorted="ascending" if column.kind == "rank" else "",
        shown=column.is_shown(run),
    )


def _rows(
    run: RunResults,
    frame: pd.DataFrame,
    chosen: Sequence[BoardColumn],
    anchors: Mapping[str, str],
    on: Axis,
) -> Iterator[BoardRow]:
    by_name = {row.name: row for row in run.rows}
    lost = {v.name for v in run.ranked if not v.external and did_not_learn(run, v)}
    marked, apart = marks(run), timed_apart(run)
    apart |= {each.name for each in run.ensembles if apart.intersection(each.members)}
    first, *others = chosen
    for place, (_, row) in enumerate(frame.iterrows(), start=1):
        variant = by_name[row["variant"]]
        learned = ["did not learn within this budget"] if variant.name in lost else []
        note = "; ".join([*learned, *marked[variant.name]])
        name = Cell(row[first.name], note, row[first.name], f"#{anchors[variant.name]}")
        if row["status"] == "ok":
            cells = [
                _cell(row, column, place, timed=variant.name not in apart) for column in others
            ]
        else:
            cells = [_reason(row, len(others))]
        yield BoardRow((name, *cells), _drawing(row, variant, on), _values(variant.record))


def _cell(row: pd.Series, column: BoardColumn, place: int, *, timed: bool) -> Cell:
    """Return what the row in ``place`` has; times that do not compare come after all others."""
    text, value = TEXTS[column.kind](row, column), row[column.name]
    match column.kind:
        case "rank":
            return Cell("none") if pd.isna(value) else Cell(text, sort=str(place))
        case "score":
            return Cell(text, _score_note(row, column), _key(value))
        case "interval":
            return Cell(interval(*ends(row, column)) or MISSING, sort=_key(value))
        case "part":
            return Cell(percent(value), interval(*ends(row, column)), _key(value))
        case "gain":
            note = "" if pd.isna(value) else points_interval(*ends(row, column))
            return Cell(text, note, _key(value))
        case "milliseconds" | "seconds":
            return Cell(text, sort=_key(value) if timed else "")
        case "setting":
            return Cell(text, sort="" if pd.isna(value) else str(value))
        case _:
            return Cell(text, sort=_key(value))


def _score_note(row: pd.Series, column: BoardColumn) -> str:
    """Return the interval of a score that has no column of its own for it."""
    if column.name == RANKED_BY or f"{column.name}_low" not in row:
        return ""
    return scored(row[column.name], *ends(row, column), fraction=column.fraction)[1]


def _reason(row: pd.Series, span: int) -> Cell:
    reason = f"{row['status']}: {row['reason']}" if row["reason"] else str(row["status"])
    return Cell(reason, span=span)


def _key(value: Any) -> str:
    return "" if pd.isna(value) else repr(float(value))


def _scale(frame: pd.DataFrame) -> Axis:
    shown = [ranking_score(row) for _, row in frame[frame["status"] == "ok"].iterrows()]
    return scale(float(end) for each in shown for end in (each.low, each.value, each.high))


def _drawing(row: pd.Series, variant: VariantResults, on: Axis) -> Whisker | None:
    if row["status"] != "ok":
        return None
    seeds = [fit.test.accuracy for fit in variant.fits] if len(variant.fits) > 1 else []
    found = ranking_score(row)
    return whisker(on, found.low, found.value, found.high, seeds)


def _facets(run: RunResults) -> tuple[Facet, ...]:
    """Return what chips are worth having: facts of which the rows have several values."""
    labels = {"engine": "Engine", "initialisation": "Initialisation", "strategy": "Strategy"}
    each = [dict(_values(variant.record)) for variant in run.rows]
    found = (
        Facet(key, label, tuple(dict.fromkeys(row[key] for row in each if row[key])))
        for key, label in labels.items()
    )
    return tuple(facet for facet in found if len(facet.values) > 1)


def _values(record: VariantRecord) -> tuple[tuple[str, str], ...]:
    """Return a row's facts; of an initialisation such as ``file:PATH`` the kind alone."""
    kind, _, _ = record.initialisation.partition(":")
    return (("engine", record.engine), ("initialisation", kind), ("strategy", record.strategy))


def _references(run: RunResults, on: Axis, beside: Sequence[Published]) -> list[Reference]:
    lines = [
        Reference("published", on.place(each.accuracy), f"{each.line} {percent(each.accuracy)}")
        for each in beside
        if each.line and on.holds(each.accuracy)
    ]
    name, share = majority_share(run) if run.ranked else ("", -1.0)
    if on.holds(share):
        text = f"always answering “{name}” {percent(share)}"
        lines.insert(0, Reference("guess", on.place(share), text))
    return lines


def _published(each: Published, on: Axis, chosen: Sequence[BoardColumn], drawn: int) -> BoardRow:
    """Return a row with what is known up to the drawn column; its caveat takes the others."""
    margin = f" ± {percent(each.margin, 0)}" if each.margin else ""
    spread = each.accuracy - each.margin, each.accuracy, each.accuracy + each.margin
    known = {
        "variant": each.who,
        RANKED_BY: f"{percent(each.accuracy)}{margin}",
        chosen[drawn].name: interval(spread[0], spread[-1]) if each.margin else "",
    }
    cells = (
        *(Cell(known.get(column.name, MISSING)) for column in chosen[: drawn + 1]),
        Cell(f"{each.caveat} {each.source}", span=len(chosen) - drawn - 1),
    )
    return BoardRow(cells, whisker(on, *spread) if on.holds(each.accuracy) else None)


def _about(run: RunResults, beside: Sequence[Published]) -> str:
    if not beside:
        return ""
    text = "Each by its own protocol, as its source gives it."
    if run.test_duplicates:
        shared = run.test_duplicates / len(run.test_shared)
        text += (
            f" None says what is left without the {with_sign(shared)} of the test images that "
            "other splits also hold."
        )
    return text


def _about_views(views: Sequence[View]) -> str:
    """Say where the accuracies on average over views stand, and what they cost."""
    if not views:
        return ""
    headings = [f"“{VIEWS[view].heading}”" for view in views]
    times = [
        f"{heading} takes {SIZES[view]}" for heading, view in zip(headings, views, strict=True)
    ]
    text = (
        "Every score is that of the image as it is. The accuracies on average over several views "
        f"of it are further columns, {listing(headings)}, which “Columns” shows, and a table of "
        f"each variant. Latencies are those of one view; {listing(times)} times as long."
    )
    if "ten-crop" in views:
        text += f" Published results of ten crops compare with {headings[-1]}."
    return text
