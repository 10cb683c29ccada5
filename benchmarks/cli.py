"""The command line: parse, call, print."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="ferbench",
    help="Compare image classifiers for facial expressions under one protocol.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_sets = typer.Typer(help="List, inspect and fetch data sets.", invoke_without_command=True)
app.add_typer(data_sets, name="datasets")


class Format(StrEnum):
    """What ``ferbench report`` can make of a leaderboard."""

    html = "html"
    csv = "csv"
    latex = "latex"
    markdown = "markdown"


Data = Annotated[Path | None, typer.Option("--data", help="The data set's file or folder.")]
Plugin = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file with more models or data.")
]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Compare image classifiers for facial expressions under one protocol."""


@app.command()
def run(
    protocol: Annotated[str, typer.Argument(metavar="PRESET|FILE.toml")],
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="The results folder; default results/<name>.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Cells that run side by side.")] = None,
    plugin: Plugin = None,
) -> int:
    """Carry out a protocol, or go on with it where it stopped."""
    from rich.console import Console

    from benchmarks.display import Display
    from benchmarks.listings import print_leaderboard
    from benchmarks.protocol import load_protocol
    from benchmarks.report.page import render
    from benchmarks.run import Request
    from benchmarks.run import run as carry_out

    loaded = load_protocol(protocol)
    folder = out or Path("results") / loaded.name
    request = Request(
        protocol=loaded, data=data, out=folder, workers=workers, plugins=tuple(plugin or ())
    )
    width = None if sys.stderr.isatty() else 140
    console = Console(stderr=True, highlight=False, markup=False, width=width)
    statuses = carry_out(request, Display(console))
    render(folder)
    print_leaderboard(console, folder)
    return 0 if all(s["status"] == "ok" for s in statuses.values()) else 1


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    format: Annotated[
        Format, typer.Option(help="html writes the page into RUN; the others print a table.")
    ] = Format.html,
    figures: Annotated[
        Path | None, typer.Option(help="Also write every figure there, as SVG and PDF.")
    ] = None,
) -> int:
    """Render a run's page and tables again from its stored predictions."""
    from benchmarks.evaluation.leaderboard import leaderboard
    from benchmarks.evaluation.run_results import read_run
    from benchmarks.report import tables
    from benchmarks.report.figures import save_figures
    from benchmarks.report.page import render

    written: list[Path] = []
    if format is Format.html:
        render(run)
        written.append(run / "leaderboard.html")
    else:
        print(getattr(tables, f"as_{format.value}")(leaderboard(read_run(run))))
    if figures is not None:
        written += save_figures(read_run(run), figures)
    for path in written:
        print(f"written: {path}", file=sys.stderr)
    return 0


@app.command()
def models(plugin: Plugin = None) -> int:
    """List the architectures with their cost and source."""
    from benchmarks.listings import print_models

    return print_models(tuple(plugin or ()))


@data_sets.callback()
def list_data_sets(context: typer.Context) -> int:
    """List the data sets."""
    if context.invoked_subcommand is not None:
        return 0
    from benchmarks.listings import print_data_sets

    return print_data_sets()


@data_sets.command()
def inspect(name: str, data: Data = None) -> int:
    """Print a data set's counts per split and class, image size, standing and digest."""
    from benchmarks.listings import print_inspection

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


def main() -> None:
    """Run the command line and exit with its status: 0, 1, 2 or 130."""
    debug = "--debug" in sys.argv
    try:
        status = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if debug or not _is_told_in_one_line(error):
            raise
        print(f"ferbench: {_message(error)}", file=sys.stderr)
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)


def _is_told_in_one_line(error: Exception) -> bool:
    from benchmarks.errors import InputError
    from datasets.records import DataError
    from models.registry import ModelError

    told = isinstance(error, InputError | DataError | ModelError | OSError)
    return told or hasattr(error, "format_message")


def _message(error: Exception) -> str:
    if hasattr(error, "format_message"):
        return str(error.format_message())
    return " ".join(str(error).split())
