"""``ferbench keep``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def keep(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write.")],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="VARIANT", help="Also keep its model, in half precision, with its card."
        ),
    ] = None,
) -> int:
    """Write a run to be published: its predictions without labels, from which all can check it.

    Nothing in the folder tells the label of an image, and whoever has the data set recomputes
    every number of it with ``ferbench verify DIR --data PATH``.
    """
    from benchmarks.reproducibility.keep import keep as keep_run

    kept = keep_run(run, out, model)
    bits = f"probabilities to {kept.bits} significant bits"
    if kept.changed is None:
        print(f"{out}: {kept.size / 1e6:.1f} MB, {bits}; the page prints the same", file=sys.stderr)
        return 0
    print(f"{out}: {kept.size / 1e6:.1f} MB, {bits}", file=sys.stderr)
    print(f"its page differs from the run's: {kept.changed}", file=sys.stderr)
    return 0
