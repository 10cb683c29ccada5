"""``ferbench bench``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import Data, Plugin


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
    plugin: Plugin = None,
) -> int:
    """Measure how fast this machine trains and predicts."""
    from rich.console import Console

    from benchmarks.bench.bench import BRIEF, FULL, PRECISIONS, QUICK, SHIPPED, shipped_protocol
    from benchmarks.bench.bench import bench as measure
    from benchmarks.bench.data_speed import measure_data
    from benchmarks.commands.bench_table import print_bench
    from benchmarks.data.prepared import prepare_data
    from benchmarks.errors import InputError
    from benchmarks.machine.environment import has_bfloat16
    from benchmarks.protocol.reading import load_protocol
    from benchmarks.store.files import write_json
    from datasets.registry import discover as discover_data
    from models.registry import discover

    if protocol and architectures:
        raise InputError("bench: give architectures or --protocol, not both")
    if output and output.is_dir():
        raise InputError(f"{output} is a folder; give --output a file")
    plugins = tuple(plugin or ())
    names = tuple(architectures or (QUICK if quick else SHIPPED))
    chosen = load_protocol(protocol) if protocol else shipped_protocol(names, threads or 1)
    if threads:
        chosen = chosen.model_copy(update={"threads": threads})
    effort = BRIEF if quick else FULL
    precisions = PRECISIONS if has_bfloat16() or not quick else PRECISIONS[:1]
    console = Console(stderr=True, highlight=False, markup=False)
    with console.status("preparing the data") as status:
        ground = prepare_data(chosen.data, data, seed=chosen.seed, plugins=plugins)

        def tell(title: str) -> None:
            status.update(f"timing {title}")
            if not console.is_terminal:
                console.print(f"timing {title}")

        record = measure(chosen, ground, discover(plugins), effort, precisions, tell, plugins)
        tell("the data's way")
        source = discover_data(plugins)[chosen.data.set]
        record["data"] = measure_data(ground, source, chosen, seconds=effort.seconds)
    width = None if sys.stdout.isatty() else 140
    print_bench(Console(highlight=False, markup=False, width=width), record)
    if output:
        write_json(output, record)
        console.print(f"written: {output}")
    return 0 if all(row["status"] == "ok" for row in record["rows"]) else 1
