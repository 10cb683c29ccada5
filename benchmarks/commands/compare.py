"""``ferbench compare``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import KeptData, Plugin, labels_from


def compare(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    first: Annotated[str, typer.Argument(metavar="A")],
    second: Annotated[str, typer.Argument(metavar="B")],
    data: KeptData = None,
    plugin: Plugin = None,
) -> int:
    """Say by how much two variants of a run differ and whether that is more than chance."""
    from benchmarks.evaluation.statistics import compute_statistics, refuse_incomparable
    from benchmarks.machine.console import Console
    from benchmarks.report.sections.pair_text import accuracies, tests, verdict
    from benchmarks.store.reading import read_run, refuse_mistaken

    refuse_mistaken(run)
    results = read_run(run, labels=labels_from([run], data, plugin))
    refuse_incomparable(results, first, second)
    statistics = compute_statistics(results)
    pair = statistics.pair(first, second)
    width = None if sys.stdout.isatty() else 140
    console = Console(highlight=False, markup=False, width=width)
    console.print(accuracies(results, statistics, pair))
    console.print()
    console.print(tests(pair))
    console.print()
    for sentence in verdict(statistics, pair):
        console.print(sentence)
    return 0
