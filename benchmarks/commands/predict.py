"""``ferbench predict``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import Model, Plugin, Whole


class PredictFormat(StrEnum):
    """How ``ferbench predict`` prints answers."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"


def predict(
    model: Model,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Pictures, or folders of pictures.")
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

    request = PredictRequest(
        model=model,
        paths=tuple(paths),
        format=format.value,
        save=save,
        whole=whole,
        plugins=tuple(plugin or ()),
    )
    failed = predict_pictures(request, Console(stderr=True, highlight=False, markup=False))
    return 1 if failed else 0
