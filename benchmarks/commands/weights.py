"""``ferbench weights``: which published weights are at hand, and how to have the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.commands.options import Plugin

COLUMNS = ("architecture", "initialisation", "at hand", "licence", "SHA-256", "to have them")


def weights(
    architectures: Annotated[
        list[str] | None, typer.Argument(help="Architectures; all if left out.")
    ] = None,
    plugin: Plugin = None,
) -> int:
    """List published weights: what is at hand, its licence and digest, and how to have the rest."""
    from rich.table import Table

    from benchmarks.engines.published import offers
    from benchmarks.evaluation.origin import DIGITS
    from benchmarks.machine.console import Console
    from benchmarks.report.elements.numbers import MISSING
    from models.registry import discover

    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, overflow="fold", no_wrap=column == "architecture")
    for offer in offers(discover(tuple(plugin or ())), architectures or ()):
        known = (offer.place or "no", offer.licence, offer.sha256[:DIGITS], offer.remedy)
        row = (offer.architecture, offer.initialisation, *(text or MISSING for text in known))
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
    return 0
