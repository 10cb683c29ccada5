"""``ferbench keep``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import Plugin

if TYPE_CHECKING:
    from benchmarks.reproducibility.kept_model import KeptModelCard


def keep(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write.")],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="VARIANT",
            help="Also keep its model, in half precision if that holds, with its card.",
        ),
    ] = None,
    plugin: Plugin = None,
) -> int:
    """Write a run to be published: its predictions without labels, from which all can check it.

    Nothing in the folder tells the label of an image, and whoever has the data set recomputes
    every number of it with ``ferbench verify DIR --data PATH``.
    """
    from benchmarks.reproducibility.keep import keep as keep_run

    kept = keep_run(run, out, model, tuple(plugin or ()))
    same = "; the page prints the same" if kept.changed is None else ""
    bits = f"probabilities to {kept.bits} significant bits{same}"
    print(f"{out}: {kept.size / 1e6:.1f} MB, {bits}", file=sys.stderr)
    if kept.changed is not None:
        print(f"its page differs from the run's: {kept.changed}", file=sys.stderr)
    if kept.model is not None:
        print(_told(kept.model), file=sys.stderr)
    return 0


def _told(card: KeptModelCard) -> str:
    """Say how a model was kept."""
    from benchmarks.report.elements.numbers import plural

    if card.check is None:
        return f"the model of {card.variant}: its files are the run's own"
    return (
        f"the model of {card.variant}: in half precision; on {card.check.images} random and drawn "
        f"images a probability moved by {card.check.largest_difference:.2g} at most, and "
        f"{plural(card.check.changed_answers, 'answer')} changed"
    )
