"""``ferbench bench``, and the tables that it prints from the record that it writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.bench_against import bench_against
from benchmarks.commands.bench_tables import number, output_console, progress
from benchmarks.commands.options import Data, Plugin
from benchmarks.commands.written import require_writable
from benchmarks.engines.registry import engines

if TYPE_CHECKING:
    from rich.table import Table

    from benchmarks.bench.records import BenchRecord, BenchRow, DataSpeed
    from benchmarks.machine.console import Console

DRIFT = 0.1
"""Relative change of the baseline's speed from which a run is called disturbed."""


def bench(
    architectures: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARCHITECTURE]...", help="Default: the shipped baselines."),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="PRESET|FILE.toml", help="Time its variants on its own data."),
    ] = None,
    data: Data = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads; default the protocol's, or 1.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Three networks, fewer repetitions: a minute or two.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the numbers, as JSON.")
    ] = None,
    against: Annotated[
        bool, typer.Option("--against", help="Time training against bare loops of the libraries.")
    ] = False,
    append: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="With --against: add the numbers to this series."),
    ] = None,
    plugin: Plugin = None,
) -> int:
    """Measure how fast this machine trains and predicts."""
    from benchmarks.bench.bench import BRIEF, FULL, PRECISIONS, QUICK, SHIPPED, shipped_protocol
    from benchmarks.bench.bench import bench as measure
    from benchmarks.bench.records import write_bench
    from benchmarks.data.prepared import prepare_data
    from benchmarks.errors import InputError
    from benchmarks.machine.console import Console
    from benchmarks.machine.environment import has_bfloat16, native_precision
    from benchmarks.protocol.reading import load_protocol

    if protocol and architectures:
        raise InputError("bench: give architectures or --protocol, not both")
    if output:
        require_writable(output, "--output")
    plugins = tuple(plugin or ())
    if append and not against:
        raise InputError("bench: --append adds what --against measures; give both")
    if against and (protocol or data):
        raise InputError(
            "bench: --against trains architectures on drawn faces; leave --protocol and --data out"
        )
    if against:
        chosen_names = tuple(architectures or ())
        return bench_against(chosen_names, threads or 1, quick, output, append, plugins)
    names = tuple(architectures or (QUICK if quick else SHIPPED))
    if protocol:
        chosen = load_protocol(protocol, native_precision())
    else:
        chosen = shipped_protocol(names, threads or 1)
    if threads:
        chosen = chosen.model_copy(update={"threads": threads})
    effort = BRIEF if quick else FULL
    precisions = PRECISIONS if has_bfloat16() or not quick else PRECISIONS[:1]
    console = Console(stderr=True, highlight=False, markup=False)
    with progress(console, "preparing the data") as notify:
        prepared = prepare_data(chosen.data, data, seed=chosen.seed, plugins=plugins)
        record = measure(chosen, prepared, effort, precisions, notify, plugins)
    print_bench(output_console(), record)
    if output:
        write_bench(output, record)
        console.print(f"written: {output}")
    return 0 if all(row.status == "ok" for row in record.rows) else 1


def print_bench(console: Console, record: BenchRecord) -> None:
    """Print the record, with what is to be known to read it."""
    baseline = record.baseline
    backends = [
        f"; {spec.title} on {record.keras_backend}"
        for spec in engines().values()
        if spec.backend_key == "keras_backend"
    ]
    console.print(
        f"{record.device}; {record.environment.cores} usable cores, {record.threads} thread(s) "
        f"in each worker{''.join(backends)}"
    )
    console.print()
    console.print(_networks(record.rows))
    console.print()
    console.print(_data(record.data))
    console.print()
    name = f"{baseline.variant} in {baseline.precision}"
    console.print(f"× how many times as fast as {name}, measured in the same run.")
    console.print("± half the distance between the quartiles, in per cent of the median.")
    console.print("Training is whole steps with their batches, as in a fit; prediction is from")
    console.print("images in memory to probabilities. Compare ratios between machines, not speeds.")
    for remark in _remarks(record):
        console.print(remark, style="yellow")


def _networks(rows: Sequence[BenchRow]) -> Table:
    from rich.table import Table

    from benchmarks.bench.records import TimedRow

    table = Table(box=None, pad_edge=False)
    for column in ("variant", "engine", "precision"):
        table.add_column(column, no_wrap=True)
    for column in ("batch", "images/s in training", "×", "1 image, ms", "×", "64 images, ms", "×"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        if isinstance(row, TimedRow):
            table.add_row(
                *(row.variant, row.engine, row.precision, str(row.batch_size)),
                *(number(row.train_images_per_second), f"{row.train_images_per_second_ratio:.2f}"),
                *(number(row.latency_ms), f"{row.latency_ms_ratio:.2f}"),
                *(number(row.batch_latency_ms), f"{row.batch_latency_ms_ratio:.2f}"),
            )
    return table


def _data(data: DataSpeed) -> Table:
    from rich.table import Table

    height, width, channels = data.image_shape
    colour = "grey" if channels == 1 else "colour"
    table = Table(
        title=f"{data.data_set}: {data.images:,} images, {height}×{width}, {colour}",
        title_justify="left",
        title_style="",
        box=None,
        pad_edge=False,
    )
    table.add_column("the data's way")
    table.add_column("", justify="right")
    for name, spread in data.decode.items():
        table.add_row(f"decoding {name.upper()}, images/s", number(spread))
    for name, spread in data.stream.items():
        table.add_row(f"batches with augmentation {name}, images/s", number(spread))
    table.add_row("opening the cached data set, ms", number(data.open_seconds.times(1000)))
    return table


def _remarks(record: BenchRecord) -> Iterator[str]:
    for row in record.rows:
        if row.status != "ok":
            yield f"{row.variant}, {row.precision}: {row.status}: {row.reason}"
    if "bfloat16" not in record.precisions:
        yield (
            "bfloat16 is left out, since this hardware is not known to compute in it; without "
            "--quick it is timed."
        )
    drift = record.baseline.drift
    if drift is None:
        yield "The baseline could not be measured again at the end."
    elif abs(drift) > DRIFT:
        yield (
            f"The baseline trained {abs(drift):.0%} {'faster' if drift > 0 else 'slower'} at the "
            "end than at the start: something else used the machine. Repeat this when it is idle."
        )
