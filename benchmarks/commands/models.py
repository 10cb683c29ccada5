"""``ferbench models``: the architectures with their cost, counted once and kept in the cache."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.commands.options import Plugin

if TYPE_CHECKING:
    from benchmarks.execution.jobs.job import Job
    from models.registry import Architecture

LISTED_SHAPE = (48, 48, 1)
LISTED_CLASSES = 7


def models(plugin: Plugin = None) -> int:
    """List the architectures with their cost and source."""
    print_models(tuple(plugin or ()))
    return 0


def print_models(plugins: tuple[Path, ...]) -> None:
    """Print every architecture with engine, cost, needs and source.

    Parameters and MACs are those of a network for 48×48 grey images and seven classes (or the
    smallest input that it takes); they are counted once and kept in the cache.
    """
    from rich.console import Console
    from rich.table import Table

    from benchmarks.report.elements.numbers import compact
    from models.registry import discover

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
            compact(cost.get("parameters")),
            compact(cost.get("macs")),
            f"≥ {architecture.minimum_input}",
            ", ".join(architecture.initialisations),
            f"{architecture.summary} [dim]{architecture.source}[/]",
        )
    console = Console(highlight=False)
    console.print(table)
    for prefix in registry.families:
        console.print(f"{prefix}:NAME takes any network of that library; the rows are examples.")


def count_costs(architectures: list[Architecture], plugins: tuple[Path, ...]) -> dict[str, Any]:
    """Return parameters and MACs by architecture name, counting what the cache does not hold."""
    from rich.console import Console

    from benchmarks.execution.executors.local import ProcessExecutor
    from benchmarks.execution.plan import stored_result
    from benchmarks.machine.environment import usable_cores

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
    from benchmarks.engines.registry import engine_versions
    from benchmarks.execution.jobs.job import Job
    from benchmarks.execution.keys import code_digest
    from benchmarks.protocol.canonical import digest
    from datasets.cache import cache_folder

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
