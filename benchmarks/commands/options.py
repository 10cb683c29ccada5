"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option("--data", help="The data set's file or folder.")]
Plugin = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file with more models or data.")
]
Model = Annotated[
    str,
    typer.Argument(
        metavar="RUN[/VARIANT]",
        help="A results folder, or one variant of it; without one, the best on validation.",
    ),
]
Whole = Annotated[
    bool, typer.Option("--whole", help="Take every picture whole: they are faces, cut out already.")
]
