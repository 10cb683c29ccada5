"""What tuning gained over the literature's defaults, and what it cost."""

from __future__ import annotations

from statistics import fmean

from benchmarks.evaluation.search import Search, searches
from benchmarks.metrics import metric_of
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.elements.numbers import decimal, percent, plural, whole
from benchmarks.store.records import RunResults


def search_table(run: RunResults) -> Table | None:
    """Return a row for each variant that was tuned; ``None`` where none was."""
    found = searches(run)
    if not found:
        return None
    metric = metric_of(run.manifest.protocol.selection).in_prose
    columns = [
        Column("Variant", numeric=False),
        Column("Trials"),
        Column("Defaults", f"Validation {metric} of trial 0, the literature's defaults."),
        Column("Chosen", f"Validation {metric} of the chosen trial, after as many epochs."),
        Column("Gain", "By how much the chosen values are better."),
        Column("After epochs", "The last rung that both reached."),
        Column("Images", "Images that all trials saw."),
        Column(
            "Of a plain search",
            "Those images as a share of what a search without pruning sees, which trains each "
            "trial as long as the final fit.",
        ),
    ]
    return table(f"Tuning: {search_sentence(run)}", columns, [_row(search) for search in found])


def search_sentence(run: RunResults) -> str:
    """Say in one sentence what tuning gained and cost; blank where no variant was tuned."""
    found = searches(run)
    if not found:
        return ""
    metric = metric_of(run.manifest.protocol.selection).in_prose
    better = [search.gain for search in found if search.gain > 0]
    gained = f", by {fmean(better):.3f} of validation {metric} on average" if better else ""
    share = sum(search.images for search in found) / sum(search.plain for search in found)
    return (
        f"better values than the literature's in {len(better)} of {plural(len(found), 'row')}"
        f"{gained}, with {percent(share, 0)}\N{NO-BREAK SPACE}% of the images of a search "
        "without pruning"
    )


def _row(search: Search) -> tuple[Cell, ...]:
    return (
        Cell(search.variant),
        Cell(whole(search.trials)),
        Cell(decimal(search.default)),
        Cell(decimal(search.tuned)),
        Cell(f"{search.gain:+.3f}" if search.gain else "0"),
        Cell(whole(search.epoch)),
        Cell(whole(search.images)),
        Cell(decimal(search.share, 2)),
    )
