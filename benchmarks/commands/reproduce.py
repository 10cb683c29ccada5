"""``ferbench reproduce``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import Data, Plugin

if TYPE_CHECKING:
    from benchmarks.store.reproduction import Reproduction


def reproduce(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    variant: Annotated[str | None, typer.Argument(metavar="[VARIANT]")] = None,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="The new folder; default results/<run>-reproduced.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs that run side by side.")] = None,
    plugin: Plugin = None,
) -> int:
    """Train a run, or one variant of it, again and say whether the numbers are the same.

    Exit status: 0 all are bit-identical or equal within the stated spread; 1 some differ.
    """
    from benchmarks.execution.progress import Display
    from benchmarks.machine.console import Console
    from benchmarks.reproducibility.reproduce import Original, default_place
    from benchmarks.reproducibility.reproduce import reproduce as make_again

    original = Original(run=run, variant=variant, data=data, plugins=tuple(plugin or ()))
    width = None if sys.stderr.isatty() else 140
    console = Console(stderr=True, highlight=False, markup=False, width=width)
    made = make_again(original, out or default_place(original), workers, Display(console))
    _print(made)
    return 0 if made.succeeded else 1


def _print(made: Reproduction) -> None:
    from rich.table import Table

    from benchmarks.machine.console import Console

    table = Table(box=None, pad_edge=False)
    for column in ("variant", "seed", "verdict", "accuracy", "again", "same answers", "largest"):
        right = column not in ("variant", "verdict")
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for verdict in made.verdicts:
        reason = f" ({verdict.reason})" if verdict.reason else ""
        table.add_row(
            verdict.variant,
            str(verdict.seed),
            verdict.judgement + reason,
            f"{verdict.accuracy:.4f}",
            "" if verdict.again is None else f"{verdict.again:.4f}",
            "" if verdict.agreement is None else f"{verdict.agreement:.1%}",
            "" if verdict.largest is None else f"{verdict.largest:.2g}",
        )
    width = None if sys.stdout.isatty() else 200
    console = Console(highlight=False, markup=False, width=width)
    console.print(table)
    for difference in made.differences:
        console.print(f"{difference.kind}: {difference.what}")
