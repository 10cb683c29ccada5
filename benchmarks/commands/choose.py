"""``ferbench choose``."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import KeptData, Plugin, labels_from

SIZES = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


def _number(text: str) -> float:
    """Read a number such as ``5``, ``5e6`` or ``5M``."""
    size = SIZES.get(text[-1:].lower(), 1)
    try:
        value = float(Decimal(text[:-1] if size > 1 else text) * size)
    except InvalidOperation:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise typer.BadParameter(f"{text!r} is no number at or above 0, such as 5e6 or 5M")
    return value


def choose(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    max_latency_ms: Annotated[
        float | None,
        typer.Option(parser=_number, metavar="MS", help="The longest that one image may take."),
    ] = None,
    max_params: Annotated[
        float | None,
        typer.Option(
            parser=_number, metavar="NUMBER", help="The most parameters, for instance 5e6 or 5M."
        ),
    ] = None,
    data: KeptData = None,
    plugin: Plugin = None,
) -> int:
    """Say which variant of a run to take under limits, and what is given up for them.

    Exit status: 0 there is one; 1 none keeps the limits, and the nearest are named; 2 RUN is
    no run that can be chosen from.
    """
    from benchmarks.errors import InputError
    from benchmarks.evaluation.choice import Limits, candidates
    from benchmarks.evaluation.choice import choose as choose_from
    from benchmarks.evaluation.leaderboard import leaderboard
    from benchmarks.evaluation.statistics import compute_statistics
    from benchmarks.report.sections.choice_text import lines
    from benchmarks.store.reading import read_run, refuse_mistaken

    refuse_mistaken(run)
    results = read_run(run, labels=labels_from([run], data, plugin))
    statistics = compute_statistics(results)
    offered = candidates(results, leaderboard(results, statistics))
    if not offered:
        raise InputError(f"{run}: no variant of its own has test predictions; finish the run first")
    limits = Limits(max_latency_ms, max_params)
    choice = choose_from(offered, statistics, limits)
    for line in lines(choice, offered, limits):
        print(line)
    return 0 if choice.taken else 1
