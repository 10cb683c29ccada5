"""The leaderboard as CSV, JSON, Markdown and LaTeX."""

from __future__ import annotations

import json

import pandas as pd

from benchmarks.metrics import METRICS
from benchmarks.report.elements.elements import Table, table
from benchmarks.report.elements.numbers import (
    MISSING,
    compact,
    decimal,
    duration,
    interval,
    percent,
    rank,
    supported,
    three_digits,
)
from benchmarks.report.files.table_formats import latex_of, markdown_of


def as_csv(frame: pd.DataFrame) -> str:
    """Return the leaderboard with every column and digit; missing values are blank."""
    return frame.to_csv(index=False, lineterminator="\n")


def as_json(frame: pd.DataFrame) -> str:
    """Return the leaderboard as a list of objects; missing values are null."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_markdown(frame: pd.DataFrame) -> str:
    """Return the leaderboard for reading, as a Markdown table."""
    return markdown_of(for_reading(frame))


def as_latex(frame: pd.DataFrame) -> str:
    """Return the leaderboard for reading, as a LaTeX table for the package booktabs."""
    return latex_of(for_reading(frame))


def for_reading(frame: pd.DataFrame) -> Table:
    """Return the leaderboard as text: means ± spread, sensible digits, reasons in place.

    Ranks that the comparisons leave open are tied: ``1–3``.
    """
    rows = [_readable(row) for _, row in frame.iterrows()]
    return table(
        "Variants by mean test accuracy", rows[0] if rows else (), [r.values() for r in rows]
    )


def _readable(row: pd.Series) -> dict[str, str]:
    named = {"Variant": row["variant"]}
    if row["reason"]:
        named["Variant"] = f"{row['variant']} ({row['status']}: {row['reason']})"
    named["Rank"] = rank(row["rank_low"], row["rank_high"])
    for metric in METRICS:
        unit = ", %" if metric.fraction else ""
        named[metric.label + unit] = spread(row, metric.name, metric.fraction)
        if metric.name == "accuracy":
            ends = row["accuracy_low"], row["accuracy_high"]
            named["95 % interval"] = interval(*ends, supported(*ends)) or MISSING
            without = percent(row["accuracy_without_duplicates"], supported(*ends))
            named["Accuracy without duplicates, %"] = without
    named["Parameters"] = compact(row["parameters"])
    named["MACs"] = compact(row["macs"])
    named["Training"] = duration(row["train_seconds"])
    named["Latency, ms"] = three_digits(row["latency_ms"])
    return named


def spread(row: pd.Series, name: str, fraction: bool) -> str:
    """Return a metric's mean, with its standard deviation where there is one: ``68.7 ± 0.4``.

    Both have the decimals that the interval in ``row`` supports.
    """
    form = percent if fraction else decimal
    digits = supported(row.get(f"{name}_low"), row.get(f"{name}_high"), fraction=fraction)
    mean, deviation = form(row[name], digits), row[f"{name}_sd"]
    return mean if pd.isna(deviation) else f"{mean} ± {form(deviation, digits)}"
