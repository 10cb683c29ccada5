"""The tables that ``ferbench run`` and ``ferbench add`` end with, read from the run's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def print_leaderboard(console: Console, run: Path) -> None:
    """Print the leaderboard of a run and where its page is."""
    import pandas as pd
    from rich.table import Table

    from benchmarks.report.elements.numbers import compact, rank

    board = pd.read_csv(run / "leaderboard.csv")
    table = Table(box=None, pad_edge=False)
    table.add_column("rank", no_wrap=True)
    table.add_column("variant", no_wrap=True)
    for column in ("accuracy", "macro F1", "log loss", "parameters", "training"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in board[board["status"] == "ok"].to_dict("records"):
        table.add_row(
            rank(row["rank_low"], row["rank_high"]),
            row["variant"],
            _with_spread(row["accuracy"], row["accuracy_sd"]),
            f"{row['macro_f1']:.3f}",
            f"{row['log_loss']:.3f}",
            compact(row["parameters"]),
            "–" if pd.isna(row["train_seconds"]) else f"{row['train_seconds']:.0f} s",
        )
    console.print(table)
    for row in board[board["reason"].notna()].to_dict("records"):
        console.print(f"{row['variant']}: {row['status']}: {row['reason']}", style="yellow")
    console.print(f"the page: {run / 'leaderboard.html'}")


def print_laboratory(console: Console, folder: Path) -> None:
    """Print what each mistake of a leak laboratory is worth, and where its page is."""
    import pandas as pd
    from rich.table import Table

    worths = pd.read_csv(folder / "leaks.csv")
    table = Table(box=None, pad_edge=False)
    table.add_column("mistake", no_wrap=True)
    for column in ("reported", "done right", "worth, points", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in worths[worths["status"] == "ok"].to_dict("records"):
        low, high = (f"{100 * row[end]:+.1f}" for end in ("gain_low", "gain_high"))
        table.add_row(
            row["mistake"],
            f"{row['accuracy']:.3f}",
            f"{row['counterpart_accuracy']:.3f}",
            f"{100 * row['gain']:+.1f}",
            f"{low} to {high}",
        )
    console.print(table)
    for row in worths[worths["status"] != "ok"].to_dict("records"):
        console.print(f"{row['mistake']}: {row['status']}: {row['reason']}", style="yellow")
    console.print(f"the page: {folder / 'leaks.html'}")


def _with_spread(mean: float, spread: float) -> str:
    return f"{mean:.3f}" if spread != spread else f"{mean:.3f} ± {spread:.3f}"
