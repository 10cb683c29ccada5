"""``ferbench verify``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def verify(run: Annotated[Path, typer.Argument(metavar="RUN")]) -> int:
    """Compute a run's numbers again from its predictions and check every file's digest.

    Exit status: 0 everything holds; 1 something does not, and is named; 2 RUN is no run.
    """
    from benchmarks.reproducibility.verify import unchecked
    from benchmarks.reproducibility.verify import verify as find

    found = find(run)
    for finding in found:
        print(finding)
    if reason := unchecked(run):
        print(reason, file=sys.stderr)
    if not found:
        print(f"{run}: every number and every digest holds", file=sys.stderr)
    return 1 if found else 0
