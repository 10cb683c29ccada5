"""The tables of one variant: its classes, its seeds and its hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks import metrics
from benchmarks.evaluation.calibration import Scaling
from benchmarks.evaluation.curves import Separation
from benchmarks.evaluation.importance import importance
from benchmarks.evaluation.leaderboard import INTERVAL
from benchmarks.evaluation.scores import score
from benchmarks.evaluation.statistics import Score, Statistics
from benchmarks.evaluation.uncertainty import Interval
from benchmarks.evaluation.views import view_accuracies
from benchmarks.protocol.views import SIZES
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.elements.numbers import (
    MISSING,
    decimal,
    duration,
    percent,
    points,
    points_interval,
    scored,
    searched,
    setting,
    whole,
)
from benchmarks.store.records import RunResults, VariantResults

WITHOUT = "On the test images whose pixels stand neither in train nor in validation."
NO_IMAGES = "no test images"
ENDS = f"In small figures: {INTERVAL}."
TEMPERATURE = "Fitted on validation: over 1, the answers are surer than they should be."
IMPORTANCE = (
    "Share of what single hyperparameters explain of the variance of the complete trials' "
    "validation scores, by functional ANOVA (Hutter et al. 2014)."
)


def classes_table(
    run: RunResults,
    variant: VariantResults,
    statistics: Statistics,
    separated: Sequence[Separation | None],
) -> Table:
    """Return each class's scores on the test set, mean over seeds, with intervals."""
    assert statistics.whole is not None
    found = statistics.whole.classes[variant.name]
    part = statistics.without_duplicates
    apart = part.classes[variant.name].f1 if part and part is not statistics.whole else ()
    support = np.bincount(variant.fits[0].test.labels, minlength=len(run.class_names))
    rows = [
        (
            Cell(name),
            *(_score(each[index]) for each in (found.precision, found.recall, found.f1)),
            *([_score(apart[index])] if apart else []),
            *_areas(separated[index]),
            Cell(whole(support[index])),
        )
        for index, name in enumerate(run.class_names)
    ]
    columns = [
        Column("Class", numeric=False),
        Column("Precision, %", f"Of the images answered as this class, the share that is. {ENDS}"),
        Column("Recall, %", f"Of the images of this class, the share answered so. {ENDS}"),
        Column("F1, %", f"Harmonic mean of precision and recall. {ENDS}"),
        *([Column("F1 without duplicates, %", f"{WITHOUT} {ENDS}")] if apart else []),
        Column("AUC", "Area under the ROC curve of this class against the rest; chance: 0.5."),
        Column(
            "Average precision",
            "Area of the steps of precision over recall; chance: the class's share of the images.",
        ),
        Column("Support", "Test images of this class."),
    ]
    mean = "mean over seeds" if len(variant.fits) > 1 else "one seed"
    return table(f"Each class on the test set ({mean})", columns, rows)


def _score(score: Score | None) -> Cell:
    if score is None:
        return Cell(MISSING, note=NO_IMAGES)
    return Cell(*scored(score.value, score.low, score.high))


def _areas(separated: Separation | None) -> tuple[Cell, Cell]:
    if separated is None:
        return Cell(MISSING), Cell(MISSING)
    return Cell(decimal(separated.auc)), Cell(decimal(separated.average_precision))


def seeds_table(run: RunResults, variant: VariantResults, scaled: Scaling | None) -> Table:
    """Return each fit's scores on the test set, how its training went, and its key."""
    unshared = ~run.test_shared
    parted = bool(run.test_duplicates and unshared.any())
    columns = [
        Column("Seed", numeric=False),
        *(Column(metric.heading, metric.meaning) for metric in metrics.METRICS),
        *([Column("Accuracy without duplicates, %", WITHOUT)] if parted else []),
        *([Column("Temperature", TEMPERATURE)] if scaled else []),
        Column("Best epoch", "The epoch whose weights were kept, chosen on validation."),
        Column("Epochs run"),
        Column("Stopped", numeric=False),
        Column("Time"),
        Column(
            "Key",
            "The first digits of the digest of everything that decides the result.",
            numeric=False,
        ),
    ]
    rows = []
    for place, fit in enumerate(variant.fits):
        scores, record = score(fit.test), fit.record
        rows.append(
            (
                str(record.seed),
                *(
                    percent(scores[m.name]) if m.fraction else decimal(scores[m.name])
                    for m in metrics.METRICS
                ),
                *([percent(fit.test.correct[unshared].mean())] if parted else []),
                *([decimal(scaled.temperatures[place], 2)] if scaled else []),
                setting(record.best_epoch),
                setting(record.epochs_run),
                setting(record.stopped),
                MISSING if variant.external else duration(record.train_seconds),
                record.key[:10] or MISSING,
            )
        )
    return table("Each seed on the test set", columns, rows)


def views_table(run: RunResults, row: VariantResults) -> Table | None:
    """Return the accuracies on the image as it is, and on average over views, if it has any."""
    found = view_accuracies(row, run.test_shared)
    if not found:
        return None
    unshared = ~run.test_shared
    parted = bool(run.test_duplicates and unshared.any())
    columns = [
        Column("Views", numeric=False),
        Column("Validation, %"),
        Column("Above one view, points"),
        Column("Test, %", ENDS),
        Column("Above one view, points", f"On the same images. {ENDS}"),
        *([Column("Test without duplicates, %", f"{WITHOUT} {ENDS}")] if parted else []),
        Column("Forward passes"),
    ]
    validation = np.mean([fit.validation.accuracy for fit in row.fits])
    test = np.mean([fit.test.accuracy for fit in row.fits])
    apart = np.mean([fit.test.correct[unshared] for fit in row.fits]) if parted else np.nan
    rows = [
        (
            Cell("the image as it is"),
            Cell(percent(validation)),
            Cell(MISSING),
            Cell(percent(test)),
            Cell(MISSING),
            *([Cell(percent(apart))] if parted else []),
            Cell("1"),
        ),
        *(
            (
                Cell(each.view),
                Cell(percent(each.validation)),
                Cell(points(each.validation_gain)),
                _range(each.test),
                Cell(points(each.gain.value), points_interval(each.gain.low, each.gain.high)),
                *([_range(each.without_duplicates)] if each.without_duplicates and parted else []),
                Cell(str(SIZES[each.view])),
            )
            for each in found
        ),
    ]
    return table("Accuracy on average over views of an image", columns, rows)


def _range(found: Interval) -> Cell:
    return Cell(*scored(found.value, found.low, found.high))


def hyperparameters_table(variant: VariantResults) -> Table | None:
    """Return defaults, chosen values, search space and, where it is known, importance."""
    tuned = variant.fits[0].record.hyperparameters if variant.fits else {}
    record = variant.record
    names = list(dict.fromkeys([*record.space, *tuned, *record.defaults]))
    if not names:
        return None
    shares = importance(variant)
    rows = [
        (
            Cell(name),
            Cell(setting(record.defaults.get(name))),
            Cell(setting(tuned.get(name, record.defaults.get(name) if variant.fits else None))),
            Cell(searched(record.space[name]) if name in record.space else "held fixed"),
            *([Cell(percent(shares.get(name), 0))] if shares else []),
        )
        for name in names
    ]
    return table(
        "Hyperparameters: the defaults of trial 0 and what tuning chose",
        [
            *("Hyperparameter", Column("Default"), Column("Used"), "Searched"),
            *([Column("Importance, %", IMPORTANCE)] if shares else []),
        ],
        rows,
    )
