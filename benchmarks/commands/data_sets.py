"""``ferbench datasets``, ``datasets inspect`` and ``datasets fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import Data, Plugin

data_sets = typer.Typer(help="List, inspect and fetch data sets.", invoke_without_command=True)


@data_sets.callback()
def list_data_sets(context: typer.Context, plugin: Plugin = None) -> int:
    """List the data sets."""
    if context.invoked_subcommand is not None:
        return 0
    print_data_sets(tuple(plugin or ()))
    return 0


@data_sets.command()
def inspect(name: str, data: Data = None, plugin: Plugin = None) -> int:
    """Print a data set's counts per split and class, image size, standing and digest."""
    print_inspection(name, data, tuple(plugin or ()))
    return 0


@data_sets.command()
def fetch(
    name: str,
    to: Annotated[Path, typer.Option(help="The folder to put it into.")] = Path("data"),
) -> int:
    """Download a data set with your own credentials."""
    from datasets.fetch import fetch as download

    print(download(name, to))
    return 0


def print_data_sets(plugins: tuple[Path, ...]) -> None:
    """Print every data set with what it is, where it comes from and its licence."""
    from rich.table import Table

    from benchmarks.machine.console import Console
    from datasets.registry import discover as discover_sources

    table = Table(box=None, pad_edge=False)
    for column in ("data set", "needs --data", "what it is", "from", "licence"):
        table.add_column(column, overflow="fold")
    for source in discover_sources(plugins).values():
        needs = "yes" if source.needs_path else "no"
        table.add_row(source.name, needs, source.summary, source.origin, source.licence)
    Console(highlight=False).print(table)


def print_inspection(name: str, path: Path | None, plugins: tuple[Path, ...]) -> None:
    """Print counts per split and class, image size, standing, notes and digest of a data set."""
    from rich.table import Table

    from benchmarks.data.prepared import prepare_named
    from benchmarks.machine.console import Console
    from datasets.audit.inspection import inspect

    console = Console(highlight=False)
    with console.status(f"reading {name}"):
        prepared = prepare_named(name, path, plugins=plugins)
    summary = inspect(prepared.data, prepared.split)
    table = Table(box=None, pad_edge=False)
    for column in ("class", *summary.counts.columns):
        table.add_column(column, justify="left" if column == "class" else "right")
    for label, row in summary.counts.iterrows():
        table.add_row(str(label), *(f"{count:,}" for count in row))
    height, width, channels = summary.image_shape
    colour = "grey" if channels == 1 else "colour"
    made = " (seed 0)" if summary.split_made else ""
    console.print(f"[bold]{summary.name}[/]: {height}×{width}, {colour}")
    console.print(table)
    console.print(f"split: {summary.provenance.status}{made}")
    for remark in summary.remarks:
        console.print(f"  {remark}", markup=False, soft_wrap=True)
    console.print(f"{summary.different_images:,} images differ in their pixels")
    console.print(f"digest: {summary.digest}")
    console.print(f"split digest: {summary.split_digest}")
