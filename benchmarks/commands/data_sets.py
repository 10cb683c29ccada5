"""``ferbench datasets``, ``datasets inspect`` and ``datasets fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import Data

data_sets = typer.Typer(help="List, inspect and fetch data sets.", invoke_without_command=True)


@data_sets.callback()
def list_data_sets(context: typer.Context) -> int:
    """List the data sets."""
    if context.invoked_subcommand is not None:
        return 0
    from benchmarks.commands.listings import print_data_sets

    return print_data_sets()


@data_sets.command()
def inspect(name: str, data: Data = None) -> int:
    """Print a data set's counts per split and class, image size, standing and digest."""
    from benchmarks.commands.listings import print_inspection

    return print_inspection(name, data)


@data_sets.command()
def fetch(
    name: str,
    to: Annotated[Path, typer.Option(help="The folder to put it into.")] = Path("data"),
) -> int:
    """Download a data set with your own credentials."""
    from datasets.fetch import fetch as download

    print(download(name, to))
    return 0
