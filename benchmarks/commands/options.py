"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option("--data", help="The data set's file or folder.")]
Plugin = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file with more models or data.")
]
