"""Was it fair: the budget, the openings of the test set, and the sameness of conditions."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.engines.registry import learns_shares
from benchmarks.evaluation.budget import Budget, Edge, budgets, had_more
from benchmarks.evaluation.conditions import Condition, conditions, departures
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.elements.numbers import MISSING, duration, listing, plural, setting, whole
from benchmarks.store.ledger import openings, scorings
from benchmarks.store.records import RunResults, VariantResults


def ledgers(run: RunResults) -> tuple[Table, ...]:
    """Return what was spent, each opening of the test set, and what was not the same."""
    return (_budget(run), _openings(run), _sameness(run))


def marks(run: RunResults) -> Mapping[str, tuple[str, ...]]:
    """Return variant → what sets its row apart from the others, for the leaderboard."""
    more, apart, opened = had_more(run), departures(run), scorings(run)
    return {
        variant.name: (
            *(["external: its training is unknown, so it has no rank"] * variant.external),
            *([_ensemble(variant)] * variant.ensemble),
            *_reopened(opened.get(variant.name, 0)),
            *([more[variant.name]] if variant.name in more else []),
            *apart.get(variant.name, ()),
            *_on_the_majority(run, variant),
        )
        for variant in run.rows
    }


def _ensemble(variant: VariantResults) -> str:
    return (
        f"ensemble: {variant.record.summary}; no single network, so it has no rank, and it costs "
        "what all of them cost together"
    )


def _on_the_majority(run: RunResults, variant: VariantResults) -> list[str]:
    hard = run.manifest.targets_digest and not learns_shares(variant.record.engine)
    return ["trained on the majority of the votes, not on their shares"] if hard else []


def _reopened(times: int) -> list[str]:
    again = f"the test set has been opened {times} times for this row, each time after a change"
    return [again] if times > 1 else []


def _budget(run: RunResults) -> Table:
    columns = [
        Column("Variant", numeric=False),
        Column("Trials", "Trials started; each ended in one of the next three ways."),
        Column("Complete"),
        Column("Pruned"),
        Column("Failed"),
        Column("Images, tuning"),
        Column("Time, tuning"),
        Column("Images, fits"),
        Column("Time, fits"),
        Column("Pre-training", "Source images that its backbone had seen before.", numeric=False),
        Column("On the edge", "Chosen values at the edge of what was searched.", numeric=False),
    ]
    more = had_more(run)
    rows = [_spent(budget, more.get(budget.variant, "")) for budget in budgets(run)]
    return table("Budget ledger: trials and what they and the fits cost", columns, rows)


def _spent(budget: Budget, more: str) -> tuple[Cell, ...]:
    before = budget.pretraining_images
    images = plural(before, "image")
    return (
        Cell(budget.variant, "; ".join(filter(None, (more, _earlier(budget))))),
        *(
            Cell(whole(number))
            for number in (budget.started, budget.complete, budget.pruned, budget.failed)
        ),
        Cell(whole(budget.tuning_images)),
        Cell(duration(budget.tuning_seconds)),
        Cell(whole(budget.fit_images)),
        Cell(duration(budget.fit_seconds)),
        Cell(f"{images}, {duration(budget.pretraining_seconds)}" if before else MISSING),
        Cell("; ".join(map(_on_edge, budget.edges)) or MISSING),
    )


def _earlier(budget: Budget) -> str:
    if not budget.earlier_trials + budget.earlier_fits:
        return ""
    spent = [
        plural(number, noun)
        for number, noun in ((budget.earlier_trials, "trial"), (budget.earlier_fits, "fit"))
        if number
    ]
    images = whole(budget.earlier_images)
    return f"before them {listing(spent)} with other settings or code, {images} images"


def _on_edge(edge: Edge) -> str:
    return f"{edge.name} {setting(edge.value)} ({edge.side} bound {setting(edge.bound)})"


def _openings(run: RunResults) -> Table:
    opened = openings(run)
    rows = [
        (
            Cell(each.variant),
            Cell(setting(each.seed)),
            Cell(each.time),
            Cell(each.purpose, "the same fit once more" if each.repeated else ""),
            Cell(whole(each.scoring), "changed since" if each.scoring > 1 else ""),
            Cell(each.key[:10]),
        )
        for each in opened
    ]
    count = Column("Scoring", "Which of the different fits of this row and seed it scored.")
    return table(
        f"Test ledger: the test set was opened {plural(len(opened), 'time')}",
        ["Variant", Column("Seed"), "Opened", "Purpose", count, "Key"],
        rows,
    )


def _sameness(run: RunResults) -> Table:
    rows = [row for condition in conditions(run) for row in _values(condition)]
    return table(
        "Sameness: what all ranked rows should share", ["Condition", "Value", "Rows"], rows
    )


def _values(condition: Condition) -> list[tuple[str, str, str]]:
    usual = len(condition.values[condition.usual])
    several = len(condition.values) > 1
    rows = [(condition.name, condition.usual, plural(usual, "row") if several else "all")]
    rows += [
        (condition.name, value, f"only {listing(list(variants))}")
        for value, variants in condition.values.items()
        if value != condition.usual
    ]
    return rows
