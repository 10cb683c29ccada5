"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from benchmarks.store.kept import Labels

Data = Annotated[Path | None, typer.Option("--data", help="The data set's file or folder.")]
KeptData = Annotated[
    Path | None,
    typer.Option("--data", help="Of a kept run: the data set's file or folder, for its labels."),
]
Plugin = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file with more models or data.")
]
Model = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN[/VARIANT]]",
        help="A results folder, or one variant of it; without a variant, the best on validation; "
        "without both, the model that comes with ferbench.",
    ),
]
Whole = Annotated[
    bool, typer.Option("--whole", help="Take every picture whole: they are faces, cut out already.")
]


def labels_from(
    runs: Sequence[Path],
    data: Path | None,
    plugin: Sequence[Path] | None,
    *,
    audited: bool = False,
) -> Labels | None:
    """Return the labels of kept runs from their ``data``; ``None`` where they hold them.

    Raises ``InputError`` for data of a run that needs none, and data that are not its own.
    """
    from benchmarks.execution.progress import Display
    from benchmarks.machine.console import Console
    from benchmarks.reproducibility.labels import Given, labels_of, refuse_given

    given = Given(data=data, plugins=tuple(plugin or ()))
    refuse_given(runs, given)
    console = Console(stderr=True, highlight=False, markup=False)
    return labels_of(runs, given, Display(console), audited=audited)
