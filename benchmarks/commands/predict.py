"""``ferbench predict``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import Plugin, Whole


class PredictFormat(StrEnum):
    """How ``ferbench predict`` prints answers."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"


def predict(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN[/VARIANT]] PATH...",
            help="A results folder or one variant of it, then pictures and folders of pictures; "
            "without the first, the model that comes with ferbench.",
        ),
    ],
    format: Annotated[
        PredictFormat, typer.Option(help="A table for people; jsonl or csv for programs.")
    ] = PredictFormat.table,
    save: Annotated[
        Path | None, typer.Option(help="Also write annotated copies into this folder.")
    ] = None,
    whole: Whole = False,
    plugin: Plugin = None,
) -> int:
    """Say what a fitted model sees in the faces of pictures."""
    from benchmarks.machine.console import Console
    from benchmarks.use.predict import PredictRequest, predict_pictures
    from benchmarks.use.shipped import model_and_pictures

    model, paths = model_and_pictures(arguments)
    request = PredictRequest(
        model=model,
        paths=paths,
        format=format.value,
        save=save,
        whole=whole,
        plugins=tuple(plugin or ()),
    )
    failed = predict_pictures(request, Console(stderr=True, highlight=False, markup=False))
    return 1 if failed else 0
