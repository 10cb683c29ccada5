"""``ferbench merge``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import KeptData, Plugin, labels_from


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The new results folder.")],
    data: KeptData = None,
    plugin: Plugin = None,
) -> int:
    """Join runs of the same protocol, made on several machines, into one results folder."""
    from benchmarks.reproducibility.merge import merge as join
    from benchmarks.store.folder import RunFolder

    labels = labels_from(runs, data, plugin, audited=True)
    for remark in join(runs, out, labels):
        print(remark, file=sys.stderr)
    print(f"the page: {out / RunFolder(out).page.name}", file=sys.stderr)
    return 0
