"""``ferbench run``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import Data, Plugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from benchmarks.store.records import VariantOutcome


def run(
    protocol: Annotated[str, typer.Argument(metavar="PRESET|FILE.toml")],
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="The results folder; default results/<name>.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs that run side by side.")] = None,
    executor: Annotated[
        str, typer.Option(help="What runs the jobs: local, or one that a package brings.")
    ] = "local",
    plugin: Plugin = None,
) -> int:
    """Carry out a protocol, or go on with it where it stopped."""
    from benchmarks.commands.tables import print_laboratory, print_leaderboard
    from benchmarks.data.mistakes import check_experiment
    from benchmarks.errors import InputError
    from benchmarks.execution.progress import Display
    from benchmarks.execution.run import RunRequest
    from benchmarks.execution.run import run as run_protocol
    from benchmarks.leaks import laboratory
    from benchmarks.leaks.page import render_laboratory
    from benchmarks.machine.console import Console
    from benchmarks.machine.environment import native_precision
    from benchmarks.protocol.reading import load_protocol
    from benchmarks.report.page import render_once
    from benchmarks.store.digests import write_digests

    loaded = load_protocol(protocol, native_precision())
    try:
        check_experiment(loaded)
    except InputError as error:
        raise InputError(f"{protocol}: {error}") from error
    folder = out or Path("results") / loaded.name
    request = RunRequest(
        protocol=loaded,
        data=data,
        out=folder,
        workers=workers,
        executor=executor,
        plugins=(*map(Path, loaded.plugins), *(plugin or ())),
    )
    width = None if sys.stderr.isatty() else 140
    console = Console(stderr=True, highlight=False, markup=False, width=width)
    if loaded.leaks is not None:
        statuses: Mapping[str, VariantOutcome] = laboratory.run(request, console)
        print_laboratory(console, render_laboratory(folder))
    else:

        def finish() -> None:
            boards.append(render_once(folder))
            write_digests(folder)

        boards: list[pd.DataFrame] = []
        statuses = run_protocol(request, Display(console), finish)
        print_leaderboard(console, folder, *boards)
    return 0 if all(s.status == "ok" for s in statuses.values()) else 1
