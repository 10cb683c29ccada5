"""How the variants were tuned and trained, as prose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.evaluation.budget import budgets
from benchmarks.metrics import metric_of
from benchmarks.protocol.schema import Tuning
from benchmarks.report.elements.numbers import listing, plural, setting, whole
from benchmarks.report.writing.methods_levers import fixed_views, levers
from benchmarks.report.writing.prose import Sentence, cite
from benchmarks.store.records import RunResults


def training(run: RunResults) -> Iterator[Sentence]:
    """Tell how hyperparameters were found and the final fits made, and what it cost."""
    protocol = run.manifest.protocol
    tuning, fit = protocol.tuning, protocol.fit
    metric = metric_of(protocol.selection).in_prose
    yield (
        "The hyperparameters of every variant were tuned with the same budget and on the "
        f"validation images alone: up to {plural(tuning.trials, 'trial')}",
        *_sampler(tuning.trials),
        ", of which the first took " if tuning.trials > 1 else " with ",
        "the defaults of its recipe; what the protocol sets was not tuned."
        if protocol.sets_hyperparameters
        else "the defaults of the literature.",
    )
    yield from _pruning(tuning, metric)
    seeds = run.manifest.seeds
    runs = "a single seed" if len(seeds) == 1 else f"{len(seeds)} seeds"
    yield (
        f"Each variant was then trained anew with its best hyperparameters and {runs} "
        f"({setting(list(seeds))}), for up to {plural(fit.epochs, 'epoch')}; the weights of "
        f"the epoch with the best validation {metric} were kept.",
    )
    yield from levers(run)
    yield from fixed_views(run)
    spent = [budget.images for budget in budgets(run) if budget.images]
    if spent:
        yield (
            "In tuning and training together a variant saw between "
            f"{whole(min(spent))} and {whole(max(spent))} images."
            if min(spent) < max(spent)
            else f"In tuning and training together each variant saw {whole(spent[0])} images.",
        )


def _sampler(trials: int) -> Sentence:
    if trials == 1:
        return ()
    return (
        " of a tree-structured Parzen estimator",
        cite("bergstra2011"),
        " in Optuna",
        cite("akiba2019"),
    )


def _pruning(tuning: Tuning, metric: str) -> Iterator[Sentence]:
    rungs = tuning.rungs
    if len(rungs) == 1:
        yield (f"Each trial trained for {plural(rungs[0], 'epoch')}.",)
        return
    full, last = tuning.generations()[0], tuning.generations()[-1]
    of_last = f" (of the last {last[0]}: {_went_on(last)})" if last != full else ""
    yield (
        f"Trials were asked in generations of {full[0]}; after "
        f"{listing([str(rung) for rung in rungs[:-1]])} of at most "
        f"{plural(rungs[-1], 'epoch')} the best {_went_on(full)} of each generation{of_last} by "
        f"validation {metric} went on, as in successive halving",
        cite("jamieson2016"),
        ".",
    )


def _went_on(alive: Sequence[int]) -> str:
    """Name the trials of a generation that were to go on after each rung but the last."""
    return listing([str(trials) for trials in alive[1:]])
