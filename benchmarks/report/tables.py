"""The leaderboard as CSV, JSON, Markdown and LaTeX."""

from __future__ import annotations

import json

import pandas as pd

from benchmarks.evaluation.metrics import METRICS
from benchmarks.report.formatting import (
    MISSING,
    compact,
    decimal,
    duration,
    interval,
    percent,
    rank,
    three_digits,
)


def as_csv(frame: pd.DataFrame) -> str:
    """Return the leaderboard with every column and digit; missing values are blank."""
    return frame.to_csv(index=False, lineterminator="\n")


def as_json(frame: pd.DataFrame) -> str:
    """Return the leaderboard as a list of objects; missing values are null."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_markdown(frame: pd.DataFrame) -> str:
    """Return the leaderboard for reading, as a Markdown table."""
    shown = for_reading(frame)
    lines = [list(shown.columns), ["---"] * len(shown.columns), *shown.to_numpy().tolist()]
    return "".join(f"| {' | '.join(_plain(cell) for cell in line)} |\n" for line in lines)


def as_latex(frame: pd.DataFrame) -> str:
    """Return the leaderboard for reading, as a LaTeX table for the package booktabs."""
    shown = for_reading(frame).replace(MISSING, "--", regex=False)
    return shown.to_latex(index=False, escape=True, column_format="l" + "r" * (shown.shape[1] - 1))


def for_reading(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the leaderboard as text: means ± spread, sensible digits, reasons in place.

    Ranks that the comparisons leave open are tied: ``1–3``.
    """
    rows = []
    for _, row in frame.iterrows():
        named = {"Variant": row["variant"]}
        if row["reason"]:
            named["Variant"] = f"{row['variant']} ({row['status']}: {row['reason']})"
        named["Rank"] = rank(row["rank_low"], row["rank_high"])
        for metric in METRICS:
            unit = ", %" if metric.fraction else ""
            named[metric.label + unit] = spread(row, metric.name, metric.fraction)
            if metric.name == "accuracy":
                ends = interval(row["accuracy_low"], row["accuracy_high"])
                named["95 % interval"] = ends or MISSING
                without = percent(row["accuracy_without_duplicates"])
                named["Accuracy without duplicates, %"] = without
        named["Parameters"] = compact(row["parameters"])
        named["MACs"] = compact(row["macs"])
        named["Training"] = duration(row["train_seconds"])
        named["Latency, ms"] = three_digits(row["latency_ms"])
        rows.append(named)
    return pd.DataFrame(rows)


def spread(row: pd.Series, name: str, fraction: bool) -> str:
    """Return a metric's mean, with its standard deviation where there is one: ``68.7 ± 0.4``."""
    form = percent if fraction else decimal
    deviation = row[f"{name}_sd"]
    return form(row[name]) if pd.isna(deviation) else f"{form(row[name])} ± {form(deviation)}"


def _plain(cell: object) -> str:
    """Return text that stays inside its Markdown cell and is no markup."""
    text = " ".join(str(cell).split())
    for character, safe in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, safe)
    return text
