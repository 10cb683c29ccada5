"""``ferbench bench --against``: training beside bare loops, its tables and its verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands.bench_tables import number, output_console, progress
from benchmarks.commands.written import require_writable

if TYPE_CHECKING:
    from rich.table import Table

    from benchmarks.bench.records import AgainstRecord, ContestedRow
    from benchmarks.machine.console import Console
    from benchmarks.machine.timing import Spread

VERDICTS = {
    "reached": "reaches {goal}",
    "open": "whether it reaches {goal} is open: that lies between the quartiles",
    "missed": "does not reach {goal}",
}


def bench_against(
    architectures: Sequence[str],
    threads: int,
    quick: bool,
    output: Path | None,
    append: Path | None,
    plugins: Sequence[Path],
) -> int:
    """Time training against bare loops, print it, and write it where that is asked for."""
    from benchmarks.bench import against, series
    from benchmarks.bench.bench import PRECISIONS
    from benchmarks.bench.records import write_bench
    from benchmarks.data.prepared import prepare_data
    from benchmarks.machine.console import Console
    from benchmarks.machine.environment import has_bfloat16
    from models.registry import discover

    if append:
        series.refuse_other(append)
        require_writable(append, "--append")
    names = architectures or (against.QUICK_NETWORKS if quick else against.NETWORKS)
    protocol = against.against_protocol(names, threads, discover(plugins))
    blocks = against.BRIEF if quick else against.WHOLE
    precisions = PRECISIONS if has_bfloat16() else PRECISIONS[:1]
    console = Console(stderr=True, highlight=False, markup=False)
    with progress(console, "preparing the data") as notify:
        prepared = prepare_data(protocol.data, None, seed=protocol.seed, plugins=tuple(plugins))
        record = against.measure_against(protocol, prepared, blocks, precisions, notify, plugins)
    print_against(output_console(), record)
    if output:
        write_bench(output, record)
        console.print(f"written: {output}")
    if append:
        series.append(append, record)
        console.print(f"added to {append}")
    return 0 if all(row.status == "ok" for row in record.rows) else 1


def print_against(console: Console, record: AgainstRecord) -> None:
    """Print the record, with what is to be known to read it."""
    from benchmarks.bench.records import ContestedRow

    measured = [row for row in record.rows if isinstance(row, ContestedRow)]
    console.print(
        f"{record.device}; {record.environment.cores} usable cores, {record.threads} thread(s); "
        f"{record.blocks.rounds} rounds of blocks of about {record.blocks.seconds:g} s"
    )
    console.print()
    console.print(_speeds(measured))
    console.print()
    console.print(_ratios(measured))
    console.print()
    console.print("ferbench augments; bare, which has its data in memory, does not; files does.")
    console.print("limit: a step's convolutions and matrix products alone. ± and (–): quartiles.")
    for line in _verdicts(record, measured):
        console.print(line)
    for remark in _remarks(record):
        console.print(remark, style="yellow")


def _speeds(rows: Sequence[ContestedRow]) -> Table:
    from benchmarks.execution.jobs.against import CONTESTANTS

    table = _table("training, images/s", ("batch", "augmentation", *CONTESTANTS))
    for row in rows:
        speeds = (number(row.images_per_second[name]) for name in CONTESTANTS)
        table.add_row(row.variant, row.precision, str(row.batch_size), row.augmentation, *speeds)
    return table


def _ratios(rows: Sequence[ContestedRow]) -> Table:
    from benchmarks.execution.jobs.against import OURS, RIVALS

    table = _table(f"{OURS} is so many times as fast as", RIVALS)
    for row in rows:
        ratios = (_interval(row.ratios[name]) for name in RIVALS)
        table.add_row(row.variant, row.precision, *ratios)
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="", box=None, pad_edge=False)
    for column in ("network", "precision"):
        table.add_column(column, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _interval(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"


def _verdicts(record: AgainstRecord, rows: Sequence[ContestedRow]) -> Iterator[str]:
    for row in rows:
        says = VERDICTS[row.verdict].format(goal=record.goal)
        yield f"{row.variant}, {row.precision}: {row.ratios['bare'].median:.3f} of bare; {says}"


def _remarks(record: AgainstRecord) -> Iterator[str]:
    for row in record.rows:
        if row.status != "ok":
            yield f"{row.variant}, {row.precision}: {row.status}: {row.reason}"
    if "bfloat16" not in record.precisions:
        yield "bfloat16 is left out, since this hardware is not known to compute in it."
