"""``ferbench export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import Plugin
from benchmarks.exchange.exporting.formats import format_names, listed_formats


def _format(text: str) -> str:
    if text not in format_names():
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(map(repr, format_names()))}.")
    return text


def export(
    model: Annotated[str, typer.Argument(metavar="RUN/VARIANT")],
    format: Annotated[
        str,
        typer.Option(
            parser=_format,
            metavar=f"[{'|'.join(format_names())}]",
            help=f"By engine: {listed_formats()}.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")],
    seed: Annotated[int | None, typer.Option(help="Which fit; default the lowest seed.")] = None,
    plugin: Plugin = None,
) -> int:
    """Write a fitted model as a file for other programs, checked against the run's own model."""
    from benchmarks.exchange.exporting.export import ExportRequest
    from benchmarks.exchange.exporting.export import export as export_model

    request = ExportRequest(
        reference=model, format=format, out=out, seed=seed, plugins=tuple(plugin or ())
    )
    done = export_model(request)
    print(f"written: {done.file}", file=sys.stderr)
    print(f"written: {done.card}", file=sys.stderr)
    print(
        f"on {done.images} random images its probabilities differ by at most "
        f"{done.difference:.1g} from the model's own",
        file=sys.stderr,
    )
    if done.precision != done.precision_scored:
        print(
            f"it computes in {done.precision}; the run scored the model in "
            f"{done.precision_scored}, which differs by at most {done.difference_scored:.1g} here",
            file=sys.stderr,
        )
    return 0
