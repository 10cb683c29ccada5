"""Listings for the terminal: architectures with their cost, data sets, one data set's content."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.engines.registry import engine_versions
from benchmarks.execution.executors.local import ProcessExecutor
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.keys import code_digest
from benchmarks.execution.plan import stored_result
from benchmarks.machine.environment import usable_cores
from benchmarks.protocol.canonical import digest
from datasets.cache import cache_folder
from models.registry import Architecture, discover

LISTED_SHAPE = (48, 48, 1)
LISTED_CLASSES = 7


def print_models(plugins: tuple[Path, ...]) -> int:
    """Print every architecture with engine, cost, needs and source.

    Parameters and MACs are those of a network for 48×48 grey images and seven classes (or the
    smallest input that it takes); they are counted once and kept in the cache.
    """
    registry = discover(plugins)
    listed = list(registry.architectures.values())
    for family in registry.families.values():
        listed += [family.make(example) for example in family.examples]
    costs = count_costs(listed, plugins)
    table = Table(box=None, pad_edge=False)
    for column in ("architecture", "engine", "parameters", "MACs", "input", "initialisation"):
        table.add_column(column, justify="right" if column in ("parameters", "MACs") else "left")
    table.add_column("what it is, and its source", overflow="fold")
    for architecture in listed:
        cost = costs.get(architecture.name, {})
        table.add_row(
            architecture.name,
            architecture.engine,
            short_number(cost.get("parameters")),
            short_number(cost.get("macs")),
            f"≥ {architecture.minimum_input}",
            ", ".join(architecture.initialisations),
            f"{architecture.summary} [dim]{architecture.source}[/]",
        )
    console = Console(highlight=False)
    console.print(table)
    for prefix in registry.families:
        console.print(f"{prefix}:NAME takes any network of that library; the rows are examples.")
    return 0


def count_costs(architectures: list[Architecture], plugins: tuple[Path, ...]) -> dict[str, Any]:
    """Return parameters and MACs by architecture name, counting what the cache does not hold."""
    cells = [_count_cell(architecture, plugins) for architecture in architectures]
    costs = {cell.variant: result for cell in cells if (result := stored_result(cell))}
    missing = [cell for cell in cells if cell.variant not in costs]
    if not missing:
        return costs
    log = Path(tempfile.gettempdir()) / "ferbench-models.log"
    executor = ProcessExecutor(usable_cores(), threads=1, forbidden=[], log=log)
    console = Console(stderr=True)
    running = 0
    try:
        with console.status("counting parameters and operations (once)"):
            while missing or running:
                while missing and running < executor.capacity:
                    executor.submit(missing.pop(0))
                    running += 1
                event = executor.wait(1.0)
                if event is not None and event.kind != "started":
                    running -= 1
                    costs[event.cell.variant] = dict(event.content) if event.kind == "done" else {}
    finally:
        executor.close()
    return costs


def _count_cell(architecture: Architecture, plugins: tuple[Path, ...]) -> Job:
    size = max(LISTED_SHAPE[0], architecture.minimum_input, architecture.default_input or 0)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    versions = engine_versions(architecture.engine, backend)
    key = digest(["count", architecture.name, size, versions, code_digest(architecture)])
    return Job(
        kind="count",
        key=key,
        engine=architecture.engine,
        variant=architecture.name,
        architecture=architecture.name,
        strategy="fine-tune",
        augmentation="none",
        input_size=size,
        recipe=dataclasses.asdict(architecture.recipe),
        initial="scratch",
        image_shape=LISTED_SHAPE,
        class_names=tuple(str(index) for index in range(LISTED_CLASSES)),
        output=str(cache_folder() / "costs" / f"{key}.json"),
        plugins=tuple(str(plugin.resolve()) for plugin in plugins),
    )


def print_data_sets(plugins: tuple[Path, ...] = ()) -> int:
    """Print every data set with what it is, where it comes from and its licence."""
    from datasets.registry import discover as discover_sources

    table = Table(box=None, pad_edge=False)
    for column in ("data set", "needs --data", "what it is", "from", "licence"):
        table.add_column(column, overflow="fold")
    for source in discover_sources(plugins).values():
        needs = "yes" if source.needs_path else "no"
        table.add_row(source.name, needs, source.summary, source.origin, source.licence)
    Console(highlight=False).print(table)
    return 0


def print_inspection(name: str, path: Path | None) -> int:
    """Print counts per split and class, image size, standing, notes and digest of a data set."""
    from benchmarks.data.prepared import prepare_data
    from benchmarks.protocol.schema import DataChoice
    from datasets.inspection import inspect

    console = Console(highlight=False)
    with console.status(f"reading {name}"):
        ground = prepare_data(DataChoice(set=name), path, seed=0)
    summary = inspect(ground.data, ground.split)
    table = Table(box=None, pad_edge=False)
    for column in ("class", *summary.counts.columns):
        table.add_column(column, justify="left" if column == "class" else "right")
    for label, row in summary.counts.iterrows():
        table.add_row(str(label), *(str(count) for count in row))
    height, width, channels = summary.image_shape
    colour = "grey" if channels == 1 else "colour"
    made = ", partly made here with seed 0" if summary.split_made else ""
    console.print(f"[bold]{summary.name}[/]: {height}×{width}, {colour}")
    console.print(table)
    console.print(f"split: {summary.provenance.status}{made}")
    for note in summary.provenance.notes:
        console.print(f"  {note}")
    console.print(f"{summary.different_images} images differ in their pixels")
    console.print(f"digest: {summary.digest}")
    console.print(f"split digest: {summary.split_digest}")
    return 0


def print_laboratory(console: Console, folder: Path) -> None:
    """Print what each mistake of a leak laboratory is worth, and where its page is."""
    import pandas as pd

    worths = pd.read_csv(folder / "leaks.csv")
    table = Table(box=None, pad_edge=False)
    table.add_column("mistake", no_wrap=True)
    for column in ("reported", "done right", "worth, points", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in worths[worths["status"] == "ok"].to_dict("records"):
        low, high = (f"{100 * row[end]:+.1f}" for end in ("gain_low", "gain_high"))
        table.add_row(
            row["mistake"],
            f"{row['accuracy']:.3f}",
            f"{row['counterpart_accuracy']:.3f}",
            f"{100 * row['gain']:+.1f}",
            f"{low} to {high}",
        )
    console.print(table)
    for row in worths[worths["status"] != "ok"].to_dict("records"):
        console.print(f"{row['mistake']}: {row['status']}: {row['reason']}", style="yellow")
    console.print(f"the page: {folder / 'leaks.html'}")


def short_number(value: float | None) -> str:
    """Return a count in thousands, millions or billions: ``23.6 M``."""
    if value is None or value != value:
        return "–"
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {unit}"
    return f"{value:.0f}"
