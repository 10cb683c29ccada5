"""``ferbench report``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import Plugin, labels_from


class ReportFormat(StrEnum):
    """What ``ferbench report`` can make of a leaderboard."""

    html = "html"
    csv = "csv"
    latex = "latex"
    markdown = "markdown"


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    format: Annotated[
        ReportFormat, typer.Option(help="html writes the page into RUN; the others print a table.")
    ] = ReportFormat.html,
    figures: Annotated[
        Path | None, typer.Option(help="Also write every figure there, as SVG and PDF.")
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(
            help="Also write every table there, as CSV, Markdown and LaTeX, "
            "with references.bib and a methods paragraph."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="What the run was made from: take up the votes of FER+ that lie beside it, or, "
            "of a kept run, the labels."
        ),
    ] = None,
    plugin: Plugin = None,
    images: Annotated[
        bool,
        typer.Option(
            help="Pictures of the data set, where the cache has them decoded, and single "
            "images named with their labels; a page to be published has neither, nor has that "
            "of a kept run."
        ),
    ] = True,
) -> int:
    """Render a run's page and tables again from its stored predictions."""
    from benchmarks.evaluation.leaderboard import leaderboard
    from benchmarks.leaks.effect import is_laboratory
    from benchmarks.report.files import leaderboard as leaderboard_forms
    from benchmarks.report.files.figures import save_figures
    from benchmarks.report.files.tables import save_tables
    from benchmarks.report.page import render
    from benchmarks.store.folder import RunFolder
    from benchmarks.store.kept import is_kept
    from benchmarks.store.reading import read_run

    written: list[Path] = []
    if is_laboratory(run):
        return _laboratory(run, format, more=any((figures, tables, data, plugin)))
    asked = is_kept(run) or (plugin and data is None)
    labels = labels_from([run], data, plugin, audited=True) if asked else None
    if data is not None and labels is None:
        written.append(_take_up_votes(run, data, plugin or ()))
    if format is ReportFormat.html:
        render(run, images=images, labels=labels)
        written.append(run / RunFolder(run).page.name)
    if format is not ReportFormat.html or figures is not None or tables is not None:
        loaded = read_run(run, labels=labels)
        if format is not ReportFormat.html:
            print(getattr(leaderboard_forms, f"as_{format.value}")(leaderboard(loaded)), end="")
        if figures is not None:
            written += save_figures(loaded, leaderboard(loaded), figures)
        if tables is not None:
            written += save_tables(loaded, tables, named=images)
    for place in _places(written):
        print(f"written: {place}", file=sys.stderr)
    return 0


def _take_up_votes(run: Path, data: Path, plugins: Sequence[Path]) -> Path:
    from benchmarks.execution.progress import Display
    from benchmarks.execution.votes import take_up_votes
    from benchmarks.machine.console import Console

    console = Console(stderr=True, highlight=False, markup=False)
    return take_up_votes(run, data, tuple(plugins), Display(console))


def _places(written: list[Path]) -> Iterator[str]:
    """Name a file that is alone in its folder, and of several the folder and their number."""
    folders = Counter(path.parent for path in written)
    for folder, number in folders.items():
        alone = (path for path in written if path.parent == folder)
        yield str(next(alone)) if number == 1 else f"{number} files in {folder}"


def _laboratory(run: Path, format: ReportFormat, *, more: bool) -> int:
    """Render a leak laboratory again; its runs are reported one by one."""
    from benchmarks.errors import InputError
    from benchmarks.leaks.effect import mistake_rows, read_laboratory
    from benchmarks.leaks.page import render_laboratory
    from benchmarks.store.folder import LaboratoryFolder
    from benchmarks.store.laboratory import mistakes_csv

    if format not in (ReportFormat.html, ReportFormat.csv) or more:
        raise InputError(
            f"{run}: a leak laboratory is reported as html or csv only, without folders or data; "
            f"name one of its runs for more, for instance {run / 'honest'}"
        )
    if format is ReportFormat.csv:
        print(mistakes_csv(mistake_rows(read_laboratory(run))), end="")
        return 0
    render_laboratory(run)
    print(f"written: {LaboratoryFolder(run).page}", file=sys.stderr)
    return 0
