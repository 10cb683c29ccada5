"""The tables that ``ferbench run`` and ``ferbench add`` end with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from rich.table import Table

from benchmarks.evaluation.leaderboard import BoardColumn, Kind, columns
from benchmarks.leaks.effect import Laboratory
from benchmarks.machine.console import Console
from benchmarks.metrics import RANKED_BY
from benchmarks.report.elements.numbers import MISSING
from benchmarks.report.files.leaderboard import TEXTS
from benchmarks.report.sections.search import search_sentence
from benchmarks.store.folder import LaboratoryFolder, RunFolder
from benchmarks.store.reading import read_run
from datasets.audit.inspection import absence

ABSENT = "classes_without_test_images"


def print_leaderboard(console: Console, folder: Path, board: pd.DataFrame) -> None:
    """Print the leaderboard of the run in ``folder``, what its scores lack, where its page is.

    So is what tuning gained and cost.
    """
    listed = sorted(
        (c for c in columns() if c.terminal and c.name in board), key=lambda c: c.kind != "rank"
    )
    table = Table(box=None, pad_edge=False)
    for column in listed:
        left = column.kind in ("rank", "name")
        table.add_column(column.terminal, justify="left" if left else "right", no_wrap=True)
    for _, row in board[board["status"] == "ok"].iterrows():
        table.add_row(*(FORMS.get(c.kind, TEXTS[c.kind])(row, c) for c in listed))
    console.print(table)
    for classes in board.get(ABSENT, pd.Series(dtype=object)).dropna().unique():
        console.print(absence("test", classes), markup=False)
    for _, row in board[board["reason"] != ""].iterrows():
        console.print(f"{row['variant']}: {row['status']}: {row['reason']}", style="yellow")
    if tuned := search_sentence(read_run(folder, trusting=True)):
        console.print(f"tuning found {tuned}")
    console.print(f"the page: {folder / RunFolder(folder).page.name}")


def print_laboratory(console: Console, laboratory: Laboratory) -> None:
    """Print what each mistake of a leak laboratory is worth, and where its page is."""
    table = Table(box=None, pad_edge=False)
    table.add_column("mistake", no_wrap=True)
    for column in ("reported", "done right", "worth, points", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    for effect in laboratory.effects:
        if effect.measured:
            gain = effect.gain
            table.add_row(
                effect.mistake.name,
                f"{effect.reported.value:.3f}",
                f"{effect.counterpart.value:.3f}",
                f"{100 * gain.value:+.1f}",
                f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f}",
            )
    console.print(table)
    for effect in laboratory.effects:
        if not effect.measured:
            console.print(f"{effect.mistake.name}: not run: {effect.reason}", style="yellow")
    console.print(f"the page: {LaboratoryFolder(laboratory.folder).page}")


def _score(row: pd.Series, column: BoardColumn) -> str:
    """Return a mean, that of the ranks with its spread over seeds: ``0.687 ± 0.004``."""
    mean, spread = row[column.name], row[f"{column.name}_sd"]
    ranked = column.name == RANKED_BY and not pd.isna(spread)
    return f"{mean:.3f} ± {spread:.3f}" if ranked else f"{mean:.3f}"


FORMS: Mapping[Kind, Callable[[pd.Series, BoardColumn], str]] = {
    "name": lambda row, column: str(row[column.name]),
    "score": _score,
    "seconds": lambda row, c: MISSING if pd.isna(row[c.name]) else f"{row[c.name]:.0f} s",
}
"""How the terminal, which has less room than the page, writes some kinds of column."""
