"""Listings for the terminal: architectures with their cost, data sets, one data set's content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.bench.counting import count_sizes, stored_sizes
from benchmarks.execution.jobs.results import Counted
from models.registry import Architecture, discover


def print_models(plugins: tuple[Path, ...]) -> int:
    """Print every architecture with engine, cost, needs and source.

    Parameters and MACs are those of a network for 48×48 grey images and seven classes (or the
    smallest input that it takes); they are counted once and kept in the cache.
    """
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
            short_number(size.parameters if size else None),
            short_number(size.macs if size else None),
            f"≥ {architecture.minimum_input}",
            ", ".join(architecture.initialisations),
            f"{architecture.summary} [dim]{architecture.source}[/]",
        )
    console = Console(highlight=False)
    console.print(table)
    for prefix in registry.families:
        console.print(f"{prefix}:NAME takes any network of that library; the rows are examples.")
    return 0


def _sizes(architectures: list[Architecture], plugins: tuple[Path, ...]) -> Mapping[str, Counted]:
    sizes, missing = stored_sizes(architectures, plugins)
    if not missing:
        return sizes
    with Console(stderr=True).status("counting parameters and operations (once)"):
        return {**sizes, **count_sizes(missing)}


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


def print_leaderboard(console: Console, run: Path) -> None:
    """Print the leaderboard of a run and where its page is."""
    import pandas as pd

    from benchmarks.report.elements.numbers import rank

    board = pd.read_csv(run / "leaderboard.csv")
    table = Table(box=None, pad_edge=False)
    table.add_column("rank", no_wrap=True)
    table.add_column("variant", no_wrap=True)
    for column in ("accuracy", "macro F1", "log loss", "parameters", "training"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in board[board["status"] == "ok"].to_dict("records"):
        table.add_row(
            rank(row["rank_low"], row["rank_high"]),
            row["variant"],
            _with_spread(row["accuracy"], row["accuracy_sd"]),
            f"{row['macro_f1']:.3f}",
            f"{row['log_loss']:.3f}",
            short_number(row["parameters"]),
            "–" if pd.isna(row["train_seconds"]) else f"{row['train_seconds']:.0f} s",
        )
    console.print(table)
    for row in board[board["reason"].notna()].to_dict("records"):
        console.print(f"{row['variant']}: {row['status']}: {row['reason']}", style="yellow")
    console.print(f"the page: {run / 'leaderboard.html'}")


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


def _with_spread(mean: float, spread: float) -> str:
    return f"{mean:.3f}" if spread != spread else f"{mean:.3f} ± {spread:.3f}"


def short_number(value: float | None) -> str:
    """Return a count in thousands, millions or billions: ``23.6 M``."""
    if value is None or value != value:
        return "–"
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {unit}"
    return f"{value:.0f}"
