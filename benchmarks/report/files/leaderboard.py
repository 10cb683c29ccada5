"""The leaderboard as CSV, JSON, Markdown and LaTeX."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pandas as pd

from benchmarks.evaluation.leaderboard import BoardColumn, Kind, columns, ranking_score
from benchmarks.machine.spreadsheets import frame_csv
from benchmarks.report.elements.elements import Table, table
from benchmarks.report.elements.numbers import (
    MISSING,
    compact,
    decimal,
    duration,
    interval,
    percent,
    points,
    rank,
    setting,
    supported,
    three_digits,
    whole,
)
from benchmarks.report.files.table_formats import latex_of, markdown_of


def as_csv(frame: pd.DataFrame) -> str:
    """Return the leaderboard with every column and digit; missing values are blank."""
    return frame_csv(frame)


def as_json(frame: pd.DataFrame) -> str:
    """Return the leaderboard as a list of objects; missing values are null."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_markdown(frame: pd.DataFrame) -> str:
    """Return the leaderboard for reading, as a Markdown table."""
    return markdown_of(for_reading(frame))


def as_latex(frame: pd.DataFrame) -> str:
    """Return the leaderboard for reading, as a LaTeX table, see `latex_of`."""
    return latex_of(for_reading(frame))


def for_reading(frame: pd.DataFrame) -> Table:
    """Return the leaderboard as text: means ± spread, sensible digits, reasons in place.

    Ranks that the comparisons leave open are tied: ``1–3``.
    """
    read = [c for c in columns() if c.text and not (c.optional and _blank(frame, c.name))]
    rows = [[TEXTS[column.kind](row, column) for column in read] for _, row in frame.iterrows()]
    return table("Variants by mean test accuracy", [c.text for c in read] if rows else (), rows)


def _blank(frame: pd.DataFrame, name: str) -> bool:
    return name not in frame or bool(frame[name].isna().all())


def spread(row: pd.Series, name: str, fraction: bool) -> str:
    """Return a metric's mean, with its standard deviation where there is one: ``68.7 ± 0.4``.

    Both have the decimals that the interval in ``row`` supports.
    """
    form = percent if fraction else decimal
    digits = supported(row.get(f"{name}_low"), row.get(f"{name}_high"), fraction=fraction)
    mean, deviation = form(row[name], digits), row[f"{name}_sd"]
    return mean if pd.isna(deviation) else f"{mean} ± {form(deviation, digits)}"


def score_text(row: pd.Series, column: BoardColumn) -> str:
    """Return the mean of the metric that ``column`` shows, with its spread."""
    return spread(row, column.name, column.fraction)


def ends(row: pd.Series, column: BoardColumn) -> tuple[float, float]:
    """Return the interval whose lower end ``column`` holds, or that of its score."""
    name = column.name.removesuffix("_low")
    return row[f"{name}_low"], row[f"{name}_high"]


def _name(row: pd.Series, column: BoardColumn) -> str:
    reason = f" ({row['status']}: {row['reason']})" if row["reason"] else ""
    return f"{row[column.name]}{reason}"


def _interval(row: pd.Series, column: BoardColumn) -> str:
    return interval(*ends(row, column), supported(*ends(row, column))) or MISSING


def _part(row: pd.Series, column: BoardColumn) -> str:
    """Return a score of a part of the test set with the decimals of that of the whole."""
    known = ranking_score(row)
    return percent(row[column.name], supported(known.low, known.high))


def _formatted(form: Callable[[object], str]) -> Callable[[pd.Series, BoardColumn], str]:
    return lambda row, column: form(row[column.name])


TEXTS: Mapping[Kind, Callable[[pd.Series, BoardColumn], str]] = {
    "name": _name,
    "rank": lambda row, _: rank(row["rank_low"], row["rank_high"]),
    "score": score_text,
    "interval": _interval,
    "part": _part,
    "gain": lambda row, column: MISSING if pd.isna(g := row[column.name]) else points(g),
    "share": lambda row, column: percent(row[column.name]),
    "count": _formatted(compact),
    "whole": _formatted(whole),
    "milliseconds": _formatted(three_digits),
    "seconds": _formatted(duration),
    "setting": lambda row, column: MISSING if pd.isna(v := row[column.name]) else setting(v),
}
"""How each kind of column is written."""
