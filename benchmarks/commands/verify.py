"""``ferbench verify``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import KeptData, Plugin, labels_from


def verify(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    data: KeptData = None,
    plugin: Plugin = None,
) -> int:
    """Compute a run's numbers again from its predictions and check every file's digest.

    Exit status: 0 everything holds; 1 something does not, and is named; 2 RUN is no run, or the
    data are not those that it was made from.
    """
    from benchmarks.reproducibility.labels import Damaged
    from benchmarks.reproducibility.verify import compared, unchecked
    from benchmarks.reproducibility.verify import verify as find
    from benchmarks.store.kept import is_kept

    labels, lacking = None, UNLABELLED
    try:
        labels = labels_from([run], data, plugin, audited=True)
    except Damaged:
        lacking = UNSOUND
    found = find(run, labels)
    for finding in found:
        print(finding)
    if reason := unchecked(run):
        print(reason, file=sys.stderr)
    if is_kept(run):
        print(compared(run) if labels else lacking, file=sys.stderr)
    if not found:
        unlabelled = is_kept(run) and not labels
        what = "every digest and key" if unlabelled else "every number and every digest"
        print(f"{run}: {what} holds", file=sys.stderr)
    return 1 if found else 0


UNLABELLED = (
    "not checked, as this kept run holds no labels: the split, and each number of page and tables; "
    "give --data PATH, the data set that it was made from"
)
UNSOUND = (
    "not checked, as what this kept run says of its data does not hold: the split, and each number "
    "of page and tables"
)
