"""One variant on the page: what it is, what it answers, how it was trained and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from benchmarks.evaluation.calibration import scaling
from benchmarks.evaluation.curves import selective, separations
from benchmarks.evaluation.leaderboard import ranking_score
from benchmarks.evaluation.origin import origin, weights_of
from benchmarks.evaluation.statistics import Statistics
from benchmarks.report.elements.elements import Matrix, Picture, Table
from benchmarks.report.elements.inputs import PageInputs
from benchmarks.report.elements.numbers import (
    MISSING,
    compact,
    duration,
    three_digits,
    whole,
    with_sign,
)
from benchmarks.report.elements.outline import Content, present
from benchmarks.report.sections.confusion import ConfusionData, confusion_matrix
from benchmarks.report.sections.variant_pictures import (
    about_importance,
    curves_picture,
    reliability_picture,
    selective_picture,
    thresholds_picture,
    tuning_picture,
)
from benchmarks.report.sections.variant_tables import (
    classes_table,
    hyperparameters_table,
    seeds_table,
    views_table,
)
from benchmarks.store.records import RunResults, VariantResults


@dataclass(frozen=True, kw_only=True)
class VariantSection(Content):
    """Everything that the page shows of one variant; what it does not have is ``None`` or empty."""

    anchor: str
    name: str
    headline: str
    remark: str
    about: tuple[tuple[str, str], ...]
    costs: tuple[tuple[str, str], ...] = ()
    matrix: Matrix | None = None
    classes: Table | None = None
    thresholds: Picture | None = None
    reliability: Picture | None = None
    selective: Picture | None = None
    views: Table | None = None
    seeds: Table | None = None
    curves: Picture | None = None
    hyperparameters: Table | None = None
    about_importance: str = ""
    tuning: Picture | None = None
    warnings: tuple[str, ...] = ()

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the confusion matrix and the tables."""
        return present(
            matrix=self.matrix.table if self.matrix else None,
            classes=self.classes,
            views=self.views,
            seeds=self.seeds,
            hyperparameters=self.hyperparameters,
        )


@dataclass(frozen=True)
class VariantsSection(Content):
    """A part for each variant, in the order of the leaderboard."""

    variants: tuple[VariantSection, ...]

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield what each variant has, under its name."""
        for variant in self.variants:
            for name, shown in variant.exports():
                yield f"{variant.name} {name}", shown

    @property
    def confusions(self) -> tuple[ConfusionData, ...]:
        """The counts of every confusion matrix, for the page's script."""
        return tuple(
            ConfusionData(each.anchor, each.name, each.matrix.counts)
            for each in self.variants
            if each.matrix
        )


def variants_section(inputs: PageInputs) -> VariantsSection:
    """Return a part for each variant of the run."""
    by_name = {row.name: row for row in inputs.run.rows}
    return VariantsSection(
        tuple(
            variant_section(inputs.run, by_name[name], row, inputs.anchors[name], inputs.statistics)
            for name, (_, row) in zip(inputs.order, inputs.board.iterrows(), strict=True)
        )
    )


def variant_section(
    run: RunResults, variant: VariantResults, row: pd.Series, anchor: str, statistics: Statistics
) -> VariantSection:
    """Return the section of ``variant``, whose leaderboard row is ``row``."""
    shown = VariantSection(
        anchor=anchor,
        name=variant.name,
        headline=variant.outcome.status,
        remark=variant.outcome.reason,
        about=_about(variant, models=not run.kept),
        hyperparameters=hyperparameters_table(variant),
        about_importance=about_importance(variant),
        tuning=tuning_picture(run, variant, anchor),
    )
    if not variant.ranked:
        return shown
    name, tests = variant.name, [fit.test for fit in variant.fits]
    separated, scaled = separations(tests), scaling(variant.fits)
    cut = (
        not run.kept
    )  # a figure that parts images by probabilities, which lie beside, tells labels
    return replace(
        shown,
        headline=with_sign(ranking_score(row).value),
        remark="",
        costs=_costs(variant, row),
        matrix=confusion_matrix(variant, run.class_names),
        classes=classes_table(run, variant, statistics, separated),
        thresholds=thresholds_picture(separated, run.class_names, name, anchor) if cut else None,
        reliability=reliability_picture(scaled, name, anchor) if cut and scaled else None,
        selective=selective_picture(selective(tests), name, anchor) if cut else None,
        views=views_table(run, variant),
        seeds=None if variant.ensemble else seeds_table(run, variant, scaled),
        curves=curves_picture(variant, anchor),
        warnings=tuple(dict.fromkeys(w for fit in variant.fits for w in fit.record.warnings)),
    )


def _about(variant: VariantResults, *, models: bool) -> tuple[tuple[str, str], ...]:
    record = variant.record
    fit = variant.fits[0].record if variant.fits else None
    weights = weights_of(variant)
    texts = {
        "What": record.summary,
        "Source": record.source,
        "Engine": record.engine,
        "Initialisation": record.initialisation,
        "Weights": origin(weights) if weights else "",
        "Weights by": weights.source if weights else "",
        "Strategy": record.strategy,
        "Augmentation": record.augmentation or "",
        "Input": f"{record.input_size} pixels" if record.input_size else "",
        "Model files": ", ".join(fit.model_files) if fit and models else "",
    }
    return tuple((name, text) for name, text in texts.items() if text)


def _costs(variant: VariantResults, row: pd.Series) -> tuple[tuple[str, str], ...]:
    """Return what a ranked variant costs; what is unknown is left out."""
    cost, tuned = variant.cost, sum(trial.seconds for trial in variant.trials)
    texts = {
        "Parameters": compact(row["parameters"]),
        "MACs of one image": compact(row["macs"]),
        "One image": _milliseconds(cost.latency_ms),
        f"Batch of {cost.batch_size}": _milliseconds(cost.batch_latency_ms),
        "Images a second, in batches": three_digits(cost.images_per_second),
        "Timed on": cost.device,
        "Training, one fit": duration(row["train_seconds"]),
        "Tuning": duration(tuned) if variant.trials else MISSING,
        "Images seen in all": compact(row["images_seen"]),
        "Peak memory": MISSING if pd.isna(peak := row["peak_memory_mb"]) else f"{whole(peak)} MB",
    }
    return tuple((name, text) for name, text in texts.items() if text not in ("", MISSING))


def _milliseconds(value: float | None) -> str:
    return MISSING if value is None else f"{three_digits(value)} ms"
