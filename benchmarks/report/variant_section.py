"""One variant on the page: confusion, classes, seeds, curves and tuning."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.evaluation.leaderboard import INTERVAL
from benchmarks.evaluation.metrics import METRICS, confusion, per_class, row_shares, score
from benchmarks.evaluation.records import RunResults, VariantResults
from benchmarks.evaluation.statistics import Statistics
from benchmarks.report.figures import curves, inline_svg, tuning
from benchmarks.report.formatting import (
    MISSING,
    decimal,
    duration,
    interval,
    percent,
    plural,
    setting,
    whole,
    with_sign,
)
from benchmarks.report.view import Cell, Column, Matrix, MatrixCell, Picture, Table, table

WITHOUT = "On the test images whose pixels stand neither in train nor in validation."


@dataclass(frozen=True, kw_only=True)
class VariantSection:
    """Everything that the page shows of one variant; what it does not have is ``None``."""

    anchor: str
    name: str
    headline: str
    remark: str
    facts: tuple[tuple[str, str], ...]
    matrices: tuple[Matrix, ...] = ()
    classes: Table | None = None
    seeds: Table | None = None
    curves: Picture | None = None
    hyperparameters: Table | None = None
    tuning: Picture | None = None
    warnings: tuple[str, ...] = ()


def variant_section(
    run: RunResults, variant: VariantResults, row: pd.Series, anchor: str, statistics: Statistics
) -> VariantSection:
    """Return the section of ``variant``, whose leaderboard row is ``row``."""
    common: dict[str, Any] = {
        "anchor": anchor,
        "name": variant.name,
        "facts": _facts(variant),
        "hyperparameters": _hyperparameters(variant),
        "tuning": _tuning(run, variant, anchor),
    }
    if not variant.ranked:
        outcome = variant.outcome
        return VariantSection(headline=outcome.status, remark=outcome.reason, **common)
    return VariantSection(
        headline=with_sign(row["accuracy"]),
        remark="",
        matrices=_matrices(run, variant),
        classes=_classes(run, variant, statistics),
        seeds=_seeds(run, variant),
        curves=_curves(variant, anchor),
        warnings=tuple(dict.fromkeys(w for fit in variant.fits for w in fit.facts.warnings)),
        **common,
    )


def _facts(variant: VariantResults) -> tuple[tuple[str, str], ...]:
    facts = variant.facts
    fit = variant.fits[0].facts if variant.fits else None
    told = {
        "What": facts.summary,
        "Source": facts.source,
        "Engine": facts.engine,
        "Initialisation": facts.initialisation,
        "Strategy": facts.strategy,
        "Augmentation": facts.augmentation or "",
        "Input": f"{facts.input_size} pixels" if facts.input_size else "",
        "Device": variant.cost.device,
        "Model files": ", ".join(fit.model_files) if fit else "",
    }
    return tuple((name, text) for name, text in told.items() if text)


def _matrices(run: RunResults, variant: VariantResults) -> tuple[Matrix, ...]:
    """Return the matrix summed over seeds, as counts and with each row divided by its sum."""
    counts = np.sum([confusion(fit.test) for fit in variant.fits], axis=0)
    shares = row_shares(counts)
    summed = f", summed over {plural(len(variant.fits), 'seed')}" if len(variant.fits) > 1 else ""
    names = run.class_names
    largest = counts / max(int(counts.max()), 1)
    return (
        _matrix("counts", f"Images{summed}", names, counts, largest, [*map(whole, counts.flat)]),
        _matrix(
            "rows",
            f"Per cent of each row{summed}",
            names,
            counts,
            shares,
            [percent(share) for share in shares.flat],
        ),
    )


def _matrix(
    mode: str,
    caption: str,
    names: tuple[str, ...],
    counts: NDArray[np.int64],
    heat: NDArray[np.float64],
    texts: list[str],
) -> Matrix:
    size = len(names)
    rows = tuple(
        (
            names[label],
            tuple(
                MatrixCell(
                    text=texts[label * size + answer],
                    heat=round(10 * float(heat[label, answer])),
                    right=label == answer,
                    meaning=f"{names[label]} answered as {names[answer]}: "
                    f"{whole(counts[label, answer])}",
                )
                for answer in range(size)
            ),
        )
        for label in range(size)
    )
    return Matrix(mode, caption, names, rows)


def _classes(run: RunResults, variant: VariantResults, statistics: Statistics) -> Table:
    intervals, without = _class_f1(variant, statistics)
    parts = [per_class(fit.test, run.class_names) for fit in variant.fits]
    numbers = ["precision", "recall", "f1"]
    means = pd.concat(parts)[numbers].groupby(level=0).mean()
    rows = [
        (
            Cell(name),
            *(Cell(percent(means[number][index])) for number in numbers[:2]),
            Cell(percent(means["f1"][index]), intervals[index]),
            *([without[index]] if without else []),
            Cell(whole(parts[0]["support"][index])),
        )
        for index, name in enumerate(run.class_names)
    ]
    columns = [
        Column("Class", numeric=False),
        Column("Precision, %", "Of the images answered as this class, the share that is."),
        Column("Recall, %", "Of the images of this class, the share answered so."),
        Column("F1, %", f"Harmonic mean of precision and recall. In small figures: {INTERVAL}."),
        *([Column("F1 without duplicates, %", WITHOUT)] if without else []),
        Column("Support", "Test images of this class."),
    ]
    mean = "mean over seeds" if len(parts) > 1 else "one seed"
    return table(f"Each class on the test set ({mean})", columns, rows)


def _class_f1(
    variant: VariantResults, statistics: Statistics
) -> tuple[list[str], list[Cell] | None]:
    """Return each class's F1 interval, and its F1 without duplicates where there are any."""
    whole_set, part = statistics.whole, statistics.without_duplicates
    ends = whole_set.class_f1[variant.name] if whole_set else ()
    intervals = [interval(score.low, score.high) for score in ends]
    if part is None or part is whole_set:
        return intervals, None
    apart = part.class_f1[variant.name]
    return intervals, [Cell(percent(s.value), interval(s.low, s.high)) for s in apart]


def _seeds(run: RunResults, variant: VariantResults) -> Table:
    unshared = ~run.test_shared
    parted = bool(run.test_duplicates and unshared.any())
    columns = [
        Column("Seed", numeric=False),
        *(Column(m.label + (", %" if m.fraction else ""), m.definition) for m in METRICS),
        *([Column("Accuracy without duplicates, %", WITHOUT)] if parted else []),
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
    for fit in variant.fits:
        scores, facts = score(fit.test), fit.facts
        rows.append(
            (
                str(facts.seed),
                *(
                    percent(scores[m.name]) if m.fraction else decimal(scores[m.name])
                    for m in METRICS
                ),
                *([percent(fit.test.correct[unshared].mean())] if parted else []),
                setting(facts.best_epoch),
                setting(facts.epochs_run),
                setting(facts.stopped),
                MISSING if variant.external else duration(facts.train_seconds),
                facts.key[:10] or MISSING,
            )
        )
    return table("Each seed on the test set", columns, rows)


def _hyperparameters(variant: VariantResults) -> Table | None:
    tuned = variant.fits[0].facts.hyperparameters if variant.fits else {}
    facts = variant.facts
    names = list(dict.fromkeys([*facts.space, *tuned, *facts.defaults]))
    if not names:
        return None
    rows = [
        (
            Cell(name),
            Cell(setting(facts.defaults.get(name))),
            Cell(setting(tuned.get(name, facts.defaults.get(name) if variant.fits else None))),
            Cell(_searched(facts.space.get(name))),
        )
        for name in names
    ]
    return table(
        "Hyperparameters: the literature's defaults and what tuning chose",
        ["Hyperparameter", Column("Default"), Column("Used"), "Searched"],
        rows,
    )


def _searched(dimension: dict[str, Any] | None) -> str:
    if dimension is None:
        return "held fixed"
    if "values" in dimension:
        return setting(dimension["values"])
    scale = ", log scale" if dimension.get("log") else ""
    return f"{setting(dimension.get('low'))} to {setting(dimension.get('high'))}{scale}"


def _curves(variant: VariantResults, anchor: str) -> Picture | None:
    if all(fit.history.empty for fit in variant.fits):
        return None
    svg = inline_svg(curves(variant), f"{anchor}-curves")
    lines = plural(len(variant.fits), "seed")
    return Picture(
        svg,
        f"Loss and accuracy of {variant.name} by epoch, train and validation, {lines}",
        f"Loss and accuracy by epoch, one line for each of {lines}",
    )


def _tuning(run: RunResults, variant: VariantResults, anchor: str) -> Picture | None:
    if not variant.trials:
        return None
    states = Counter(trial.state for trial in variant.trials)
    told = ", ".join(f"{states[state]} {state}" for state in ("complete", "pruned", "failed"))
    value = str(run.manifest.protocol.get("selection", "value")).replace("_", "-")
    return Picture(
        inline_svg(tuning(variant), f"{anchor}-tuning"),
        f"Validation {value} of each tuning trial of {variant.name}: {told}",
        f"Validation {value} of each trial: {told}. Trial 0 is the literature's defaults",
    )
