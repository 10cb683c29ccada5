"""``ferbench add``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import Data, Plugin
from benchmarks.exchange.adding.openers import suffixes

if TYPE_CHECKING:
    import pandas as pd


class ScaleOption(StrEnum):
    """What a model from outside takes a pixel's 0 to 255 as."""

    as_is = "0..255"
    unit = "0..1"
    signed = "-1..1"
    imagenet = "imagenet"
    caffe = "caffe"
    tf = "tf"


class ColourOption(StrEnum):
    """The channels that a model from outside takes, in order."""

    grey = "grey"
    rgb = "rgb"
    bgr = "bgr"


def add(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    name: Annotated[str, typer.Option(help="The row's name.")],
    model: Annotated[
        Path | None,
        typer.Option(help=f"A finished model: {', '.join(suffixes()[:-1])} or {suffixes()[-1]}."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            help="Or its answers, .csv or .parquet: row, path or image_id, and a column of "
            "probabilities for each class, for every validation and test image."
        ),
    ] = None,
    classes: Annotated[
        str, typer.Option(metavar="A,B,…", help="The model's outputs in order.")
    ] = "",
    scale: Annotated[
        ScaleOption | None,
        typer.Option(
            help="What the model takes pixels as; imagenet: 0..1, standardised; caffe, tf: "
            "as preprocess_input of that mode (caffe is BGR unless --colour says rgb)."
        ),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option(min=8, help="Pixels, where the model leaves them open.")
    ] = None,
    colour: Annotated[
        ColourOption | None,
        typer.Option(help="The order of the model's channels; needed where images have colour."),
    ] = None,
    architecture: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE.json",
            help="What a file of weights is for: an architecture of ferbench, of a --plugin or "
            "timm:NAME, or a model.json (found by itself beside the weights).",
        ),
    ] = "",
    logits: Annotated[
        bool, typer.Option("--logits", help="The outputs come before softmax.")
    ] = False,
    as_stated: Annotated[
        bool,
        typer.Option("--as-stated", help="Though another reading scores better on validation."),
    ] = False,
    data: Data = None,
    plugin: Plugin = None,
) -> int:
    """Bring a finished model, or its predictions, into a run as a row marked external."""
    from benchmarks.commands.tables import print_leaderboard
    from benchmarks.exchange.adding.add import add as add_row
    from benchmarks.exchange.adding.add import close
    from benchmarks.exchange.adding.incoming import AddRequest
    from benchmarks.exchange.adding.preprocessing import SCALE_NAMES
    from benchmarks.machine.console import Console
    from benchmarks.report.page import render

    request = AddRequest(
        run=run,
        name=name,
        model=model,
        predictions=predictions,
        classes=tuple(part.strip() for part in classes.split(",") if part.strip()),
        scale=SCALE_NAMES[scale.value] if scale else None,
        input_size=input_size,
        colour=colour.value if colour else None,
        logits=logits,
        architecture=architecture,
        as_stated=as_stated,
        data=data,
        plugins=tuple(plugin or ()),
    )

    def finish() -> None:
        boards.append(render(run))
        close(run)

    boards: list[pd.DataFrame] = []
    done = add_row(request, finish)
    console = Console(stderr=True, highlight=False, markup=False)
    for warning in done.warnings:
        console.print(f"{done.name}: {warning}", style="yellow")
    if done.already:
        console.print(f"{done.name}: was in the run already; nothing was scored again")
    print_leaderboard(console, run, *boards)
    return 0
