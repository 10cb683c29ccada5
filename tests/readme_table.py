"""The table of results in the README, made from a kept run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.store.files import json_values

HEAD = (
    "| variant | accuracy, % | 95 % interval | without duplicates, % | rank | parameters "
    "| training |",
    "|---|---:|---:|---:|---:|---:|---:|",
)


def results_table(folder: Path) -> str:
    """Return the ranked rows of a kept run's ``leaderboard.json`` as a table in Markdown."""
    board = json_values((folder / "leaderboard.json").read_bytes())
    ranked = [row for row in board if row["status"] == "ok" and row["rank_low"] is not None]
    return "\n".join([*HEAD, *map(_row, ranked), ""])


def _row(row: Mapping[str, Any]) -> str:
    low, high = row["accuracy_low"], row["accuracy_high"]
    ranks = dict.fromkeys((int(row["rank_low"]), int(row["rank_high"])))
    cells = (
        f"`{row['variant']}`",
        f"{100 * row['accuracy']:.1f}",
        f"{100 * low:.1f} to {100 * high:.1f}",
        f"{100 * row['accuracy_without_duplicates']:.1f}",
        "–".join(map(str, ranks)),
        f"{row['parameters'] / 1e6:.2f} M" if row["parameters"] >= 1e6 else _thousands(row),
        f"{row['train_seconds'] / 60:.0f} min" if row["train_seconds"] >= 90 else "under 2 min",
    )
    return f"| {' | '.join(cells)} |"


def _thousands(row: Mapping[str, Any]) -> str:
    return f"{row['parameters'] / 1e3:.0f} k"
