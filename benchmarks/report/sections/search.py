"""What tuning gained over trial 0, how much of that is chance, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

from benchmarks.evaluation.search import Search, searches
from benchmarks.metrics import metric_of
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.elements.numbers import decimal, percent, plural, whole
from benchmarks.store.records import RunResults

Part = tuple[Column, Callable[[Search], str]]


def search_table(run: RunResults) -> Table | None:
    """Return a row for each variant that was tuned; ``None`` where none was."""
    found = searches(run)
    if not found:
        return None
    parts = _parts(run, found)
    rows = [tuple(Cell(tell(search)) for _, tell in parts) for search in found]
    return table(f"Tuning: {search_sentence(run)}", [column for column, _ in parts], rows)


def search_sentence(run: RunResults) -> str:
    """Say in one sentence what tuning gained and cost; blank where no variant was tuned."""
    found = searches(run)
    if not found:
        return ""
    better = sum(search.gain > 0 for search in found)
    metric = metric_of(run.manifest.protocol.selection).in_prose
    return (
        f"better values than trial 0 (the defaults) in {better} of {plural(len(found), 'row')}, "
        f"{_number(fmean(search.gain for search in found))} of validation {metric} on average over "
        f"all rows, after {_epochs(found)} and on the images that chose them{_by_chance(found)}; "
        f"{_spent(run, found)}"
    )


def _parts(run: RunResults, found: Sequence[Search]) -> list[Part]:
    """Return the columns, each with what it tells of a study."""
    metric = metric_of(run.manifest.protocol.selection).in_prose
    return [
        (Column("Variant", numeric=False), lambda search: search.variant),
        (Column("Trials"), lambda search: whole(search.trials)),
        (
            Column(
                "Defaults",
                f"Validation {metric} of trial 0: the recipe's values, with those that the "
                "protocol sets.",
            ),
            lambda search: decimal(search.default),
        ),
        (
            Column("Chosen", f"Validation {metric} of the chosen trial, after as many epochs."),
            lambda search: decimal(search.tuned),
        ),
        (
            Column("Gain", "By how much the chosen values are better, on images that chose them."),
            lambda search: _number(search.gain),
        ),
        *_chance_column(found),
        (
            Column("After epochs", "The last rung that both reached."),
            lambda search: whole(search.epoch),
        ),
        (Column("Images", "Images that all trials saw."), lambda search: whole(search.images)),
        *_saved_columns(run),
    ]


def _chance_column(found: Sequence[Search]) -> list[Part]:
    told = (
        "By how much the best of so many equally good trials would be ahead of trial 0 on average, "
        "at most: the expected maximum of as many normal variables times the standard error."
    )
    part = (Column("By chance", told), lambda search: decimal(search.chance))
    return [part] if any(search.chance is not None for search in found) else []


def _saved_columns(run: RunResults) -> list[Part]:
    pruned = Column("Of unpruned", "As a share of as many trials that all reach the last rung.")
    full = Column(
        "Of full trainings", "As a share of as many trials that train as long as the final fits."
    )
    parts: list[Part] = [
        (pruned, lambda search: decimal(search.images / search.unpruned, 2)),
        (full, lambda search: decimal(search.images / search.full, 2)),
    ]
    return parts if len(run.manifest.protocol.tuning.rungs) > 1 else parts[1:]


def _number(gain: float) -> str:
    text = f"{gain:+.3f}"
    return "0" if float(text) == 0 else text


def _epochs(found: Sequence[Search]) -> str:
    fewest, most = min(search.epoch for search in found), max(search.epoch for search in found)
    return plural(most, "epoch") if fewest == most else f"{fewest} to {plural(most, 'epoch')}"


def _by_chance(found: Sequence[Search]) -> str:
    """Say what equally good trials would seem to gain; blank where it is not known."""
    known = [search.chance for search in found if search.chance is not None]
    if not known:
        return ""
    return f" (of equally good trials, chance alone makes up to {fmean(known):.3f})"


def _spent(run: RunResults, found: Sequence[Search]) -> str:
    """Say what the trials cost against trials that are not pruned, and against full trainings."""
    images = sum(search.images for search in found)
    unpruned = images / sum(search.unpruned for search in found)
    full = images / sum(search.full for search in found)
    told = f"{_share(full)} of the images of as many trials trained as long as the final fits were"
    if len(run.manifest.protocol.tuning.rungs) > 1:
        told += f", and {_share(unpruned)} of those of as many trials without pruning"
    return f"the trials saw {told}"


def _share(fraction: float) -> str:
    return f"{percent(fraction, 0)}\N{NO-BREAK SPACE}%"
