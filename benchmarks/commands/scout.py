"""``ferbench scout``, and the table that it prints from the record that it writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import Plugin
from benchmarks.commands.written import require_writable

if TYPE_CHECKING:
    from rich.table import Table

    from benchmarks.data.prepared import PreparedData
    from benchmarks.machine.console import Console
    from benchmarks.scout.candidates import Candidate
    from benchmarks.scout.records import Agreement, ScoutedRow, ScoutRecord
    from benchmarks.scout.scout import Notify
    from datasets.records import Progress
    from models.registry import Registry

COLUMNS = ("parameters", "MACs", "1 image, ms", "took, s")
WIDTH = 140
"""Columns of the table where there is no terminal."""


def scout(
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="A folder or archive of images, or a data set's name."),
    ],
    architectures: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARCHITECTURE]...", help="Default: all with weights at hand."),
    ] = None,
    size: Annotated[
        list[int] | None,
        typer.Option(
            "--size", min=8, max=1024, help="An input size in pixels; may be given again."
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(min=20, help="How many training images are looked at; default 5,000."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Scout a run's transfer rows, and compare the rankings."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the numbers, as JSON.")
    ] = None,
    plugin: Plugin = None,
) -> int:
    """Say which backbone suits these images, before any training: a table in minutes."""
    from benchmarks.errors import InputError
    from benchmarks.machine.console import Console
    from benchmarks.scout.records import write_scouting

    if output:
        require_writable(output, "--output")
    if against and (architectures or size):
        raise InputError("scout: --against RUN says what is scouted; name no architecture or size")
    asked = _Asked(data, architectures or (), size or (), images, against, tuple(plugin or ()))
    console = Console(stderr=True, highlight=False, markup=False)
    record = _carried_out(asked, console)
    width = None if sys.stdout.isatty() else WIDTH
    print_scouting(Console(highlight=False, markup=False, width=width), record)
    if output:
        write_scouting(output, record)
        console.print(f"written: {output}")
    return 1 if any(row.status == "failed" for row in record.rows) else 0


@dataclass(frozen=True)
class _Asked:
    data: str
    names: Sequence[str]
    sizes: Sequence[int]
    images: int | None
    against: Path | None
    plugins: tuple[Path, ...]


def _carried_out(asked: _Asked, console: Console) -> ScoutRecord:
    """Scout what is ``asked``; what cannot be is told before any data are read."""
    from models.registry import discover

    registry = discover(asked.plugins)
    if asked.against:
        return _agreeing(asked, asked.against, registry, console)
    return _scouted(asked, registry, console)


def _scouted(asked: _Asked, registry: Registry, console: Console) -> ScoutRecord:
    from benchmarks.scout.candidates import find_candidates

    find_candidates(registry, asked.names, 0, asked.sizes)
    with _telling(console) as (notify, decoded):
        prepared = _prepared(asked.data, asked.plugins, decoded)
        side = max(prepared.data.image_shape[:2])
        candidates = find_candidates(registry, asked.names, side, asked.sizes)
        return _record(asked, prepared, candidates, registry, notify)


def _agreeing(asked: _Asked, folder: Path, registry: Registry, console: Console) -> ScoutRecord:
    """Scout the transfer rows of the run in ``folder``, and say how far it agrees."""
    from benchmarks.commands.scout_against import labelled, place_of, prepared_again, read_ranked
    from benchmarks.reproducibility.labels import Given
    from benchmarks.scout.agreement import agreements
    from benchmarks.scout.candidates import candidates_of

    run = read_ranked(folder)
    candidates, left_out = candidates_of(run, registry)
    place = place_of(asked.data, run, asked.plugins)
    run = labelled(run, Given(data=place, plugins=asked.plugins), console)
    with _telling(console) as (notify, decoded):
        prepared = prepared_again(run, place, asked.plugins, decoded)
        record = _record(asked, prepared, candidates, registry, notify)
    agreed = tuple(agreements(record, run))
    return replace(record, rows=(*record.rows, *left_out), agreements=agreed)


def _record(
    asked: _Asked,
    prepared: PreparedData,
    candidates: Sequence[Candidate],
    registry: Registry,
    notify: Notify,
) -> ScoutRecord:
    from benchmarks.scout.scout import IMAGES, scout

    return scout(
        *(prepared, candidates, registry),
        images=asked.images or IMAGES,
        asked=bool(asked.sizes or asked.against),
        plugins=asked.plugins,
        notify=notify,
    )


@contextmanager
def _telling(console: Console) -> Iterator[tuple[Notify, Progress]]:
    """Yield what tells of the work, and of images as they are decoded."""
    with console.status("reading the data") as status:

        def notify(line: str) -> None:
            status.update(line)
            if not console.is_terminal:
                console.print(line)

        def decoded(done: int, total: int) -> None:
            status.update(f"reading the data: {done:,} of {total:,} images")

        yield notify, decoded


def _prepared(data: str, plugins: tuple[Path, ...], progress: Progress) -> PreparedData:
    """Prepare what ``data`` names: images at a place, else a data set."""
    from benchmarks.data.prepared import prepare_named
    from benchmarks.errors import InputError
    from benchmarks.init.proposal import choose_data
    from benchmarks.machine.settings import data_path
    from datasets.registry import discover

    place, sources = Path(data).expanduser(), discover(plugins)
    if place.exists() or data not in sources:
        return choose_data(place.absolute(), progress)[1]
    if sources[data].needs_path and not data_path():
        raise InputError(f"scout: say where {data} is: ferbench scout PATH, or set FERBENCH_DATA")
    return prepare_named(data, None, plugins=plugins, progress=progress)


def print_scouting(console: Console, record: ScoutRecord) -> None:
    """Print the record, with what is to be known to read it."""
    console.print(
        f"{record.data}: {record.images:,} of {record.training_images:,} training images; "
        f"{record.device}, {record.threads} thread(s) a worker"
    )
    console.print()
    console.print(_table(record))
    console.print()
    for line in _legend(record):
        console.print(line)
    for row in record.rows:
        if row.reason:
            status = "" if row.status == "ok" else f"{row.status}: "
            console.print(f"{row.title}: {status}{row.reason}", style="yellow")
    for agreement in record.agreements:
        console.print(agreement_line(agreement))


def _table(record: ScoutRecord) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("architecture", "weights"):
        table.add_column(column, overflow="fold")
    for column in ("input", "probe, %", "behind, points", "LogME", *COLUMNS):
        table.add_column(column, justify="right", no_wrap=True)
    for row in record.scouted:
        table.add_row(row.architecture, row.initialisation, str(row.input_size), *_numbers(row))
    return table


def _numbers(row: ScoutedRow) -> Iterator[str]:
    from benchmarks.report.elements.numbers import MISSING, compact, percent, points

    yield f"{percent(row.accuracy)} ± {percent(row.accuracy_se)}"
    known = row.behind_se is not None
    yield f"{points(-row.behind)} ± {percent(row.behind_se)}" if known else MISSING
    yield f"{row.logme:.4f}"
    yield compact(row.parameters)
    yield compact(row.macs)
    yield MISSING if row.latency_ms is None else f"{row.latency_ms:.1f}"
    yield f"{row.seconds:.0f}"


def _legend(record: ScoutRecord) -> Iterator[str]:
    yield (
        f"probe: accuracy of a linear probe on frozen features, {record.folds}-fold "
        "cross-validation; ± one standard error over images."
    )
    yield "behind: the difference to the best published weights, image by image."
    yield "LogME: more is better. scratch: random weights of the same network; pixels: no network."
    yield "Neither validation nor test images were opened. Fine-tuned, the order may be another."
    if record.made:
        yield (
            "The split did not come with the data: a protocol that makes another (seed, shares, "
            "classes, duplicates) tests on some of these images."
        )
    yield f"It took {record.seconds:.0f} s; what was computed before is looked up."


def agreement_line(agreement: Agreement) -> str:
    """Say how well one score of scouting agreed with a run."""
    from benchmarks.report.elements.numbers import MINUS, p_value, plural

    score = {"probe": "the probe", "logme": "LogME"}[agreement.score]
    count = plural(len(agreement.rows), "row")
    begun = f"{agreement.run}, {agreement.strategy}, {count}: "
    if agreement.tau is None or agreement.p is None:
        return f"{begun}too few, or too alike, to be ranked by {score}"
    tau = f"{agreement.tau:.2f}".replace("-", MINUS)
    return f"{begun}Kendall's tau {tau} with {score} (p = {p_value(agreement.p)})"
