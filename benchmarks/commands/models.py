"""``ferbench models``: the architectures with their cost, counted once and kept in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands.options import Plugin

if TYPE_CHECKING:
    from benchmarks.execution.jobs.results import Counted
    from models.registry import Architecture


def models(plugin: Plugin = None) -> int:
    """List the architectures with their cost and source."""
    print_models(tuple(plugin or ()))
    return 0


def print_models(plugins: tuple[Path, ...]) -> None:
    """Print every architecture with engine, cost, needs and source.

    Parameters and MACs are those of a network for 48×48 grey images and seven classes (or the
    smallest input that it takes); they are counted once and kept in the cache.
    """
    from rich.table import Table

    from benchmarks.machine.console import Console
    from benchmarks.report.elements.numbers import compact
    from models.registry import discover

    registry = discover(plugins)
    listed = list(registry.architectures.values())
    for family in registry.families.values():
        listed += [family.make(example) for example in family.examples]
    sizes = _sizes(listed, plugins)
    table = Table(box=None, pad_edge=False)
    for column in ("architecture", "engine", "parameters", "MACs", "input", "initialisation"):
        table.add_column(column, justify="right" if column in ("parameters", "MACs") else "left")
    table.add_column("what it is, and its source", overflow="fold")
    for architecture in listed:
        size = sizes.get(architecture.name)
        table.add_row(
            architecture.name,
            architecture.engine,
            compact(size.parameters if size else None),
            compact(size.macs if size else None),
            f"≥ {architecture.minimum_input}",
            ", ".join(architecture.initialisations),
            f"{architecture.summary} [dim]{architecture.source}[/]",
        )
    console = Console(highlight=False)
    console.print(table)
    for prefix in registry.families:
        console.print(f"{prefix}:NAME takes any network of that library; the rows are examples.")


def _sizes(architectures: list[Architecture], plugins: tuple[Path, ...]) -> Mapping[str, Counted]:
    """Return the size of each network by its name, counting what the cache does not hold."""
    from benchmarks.bench.counting import count_sizes, stored_sizes
    from benchmarks.machine.console import Console

    sizes, missing = stored_sizes(architectures, plugins)
    if not missing:
        return sizes
    with Console(stderr=True).status("counting parameters and operations (once)"):
        return {**sizes, **count_sizes(missing)}
