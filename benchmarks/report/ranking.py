"""The leaderboard and the gains as tables of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from benchmarks.evaluation.bootstrap import RESAMPLED
from benchmarks.evaluation.chance import did_not_learn
from benchmarks.evaluation.conditions import timed_apart
from benchmarks.evaluation.gains import Gain
from benchmarks.evaluation.leaderboard import INTERVAL
from benchmarks.evaluation.metrics import METRICS, Metric
from benchmarks.evaluation.records import RunResults
from benchmarks.report.fairness_section import marks
from benchmarks.report.formatting import (
    compact,
    duration,
    p_value,
    percent,
    points,
    points_interval,
    rank,
    scored,
    three_digits,
    whole,
)
from benchmarks.report.tables import spread
from benchmarks.report.view import Cell, Column, Table, table

RANK = (
    "The ranks that the test set leaves open: from 1 + the number of variants that are "
    "significantly better to the number of all less that of the significantly worse, after "
    "Holm's correction over all pairs. Rows stand by mean test accuracy."
)


def ranking(run: RunResults, frame: pd.DataFrame, anchors: Mapping[str, str]) -> Table:
    """Return the leaderboard; ``anchors`` is variant → place in the page."""
    external = {variant.name for variant in run.variants if variant.external}
    lost = {v.name for v in run.ranked if not v.external and did_not_learn(run, v)}
    marked, apart = marks(run), timed_apart(run)
    columns = _columns(run)
    rows = []
    for place, (_, row) in enumerate(frame.iterrows(), start=1):
        learned = ["did not learn within this budget"] if row["variant"] in lost else []
        name = Cell(
            row["variant"],
            "; ".join([*learned, *marked[row["variant"]]]),
            row["variant"],
            f"#{anchors[row['variant']]}",
        )
        if row["status"] == "ok":
            placed = None if run.mistake or row["variant"] in external else place
            rest = _numbers(row, placed, timed=row["variant"] not in apart)
        else:
            rest = _reason(row, len(columns) - 1)
        rows.append((name, *rest))
    return table("Variants by mean test accuracy", columns, rows)


def _numbers(row: pd.Series, place: int | None, *, timed: bool) -> tuple[Cell, ...]:
    """Return a ranked row's cells; times that do not compare are sorted after all others."""
    return (
        Cell(rank(row["rank_low"], row["rank_high"]), sort=str(place)) if place else Cell("none"),
        *(_score(row, metric) for metric in METRICS),
        _number(row["parameters"], compact),
        _number(row["macs"], compact),
        _number(row["train_seconds"], duration, ranked=timed),
        _number(row["latency_ms"], three_digits, ranked=timed),
        _number(row["batch_latency_ms"], three_digits, ranked=timed),
        _number(row["peak_memory_mb"], whole),
        _number(row["images_seen"], compact),
    )


def _reason(row: pd.Series, span: int) -> tuple[Cell]:
    told = f"{row['status']}: {row['reason']}" if row["reason"] else str(row["status"])
    return (Cell(told, span=span),)


def _columns(run: RunResults) -> list[Column]:
    sizes = {variant.cost.batch_size for variant in run.ranked} - {None}
    batch = f"Batch of {sizes.pop()}, ms" if len(sizes) == 1 else "Batch, ms"
    return [
        Column("Variant", numeric=False),
        Column("Rank", RANK, sorted="ascending"),
        *(
            Column(
                m.label + (", %" if m.fraction else ""),
                f"{m.definition} Mean over seeds; ± is the standard deviation over seeds."
                + (f" In small figures: {INTERVAL}." if m.name in RESAMPLED else ""),
                largest_first=m.higher_is_better,
            )
            for m in METRICS
        ),
        Column("Parameters", "Trainable and frozen weights of the whole network."),
        Column("MACs", "Multiply-accumulates of one forward pass of one image."),
        Column("Training", "Time of one final fit, mean over seeds; tuning is not in it."),
        Column("One image, ms", "Median latency of a forward pass of a single image."),
        Column(batch, "Median latency of a forward pass of one batch."),
        Column("Memory, MB", "Peak memory of the training process, largest over seeds."),
        Column("Images seen", "Training images seen in all trials and final fits together."),
    ]


def _score(row: pd.Series, metric: Metric) -> Cell:
    note = ""
    if metric.name in RESAMPLED:
        ends = row[f"{metric.name}_low"], row[f"{metric.name}_high"]
        note = scored(row[metric.name], *ends, fraction=metric.fraction)[1]
    return Cell(spread(row, metric.name, metric.fraction), note, _key(row[metric.name]))


def _number(value: Any, form: Any, *, ranked: bool = True) -> Cell:
    return Cell(form(value), sort=_key(value) if ranked else "")


def _key(value: Any) -> str:
    return "" if pd.isna(value) else repr(float(value))


def gains_table(gained: Sequence[Gain]) -> Table | None:
    """Return each gain over its control, or ``None`` where no variant has a control."""
    if not gained:
        return None
    columns = [
        Column("Variant", numeric=False),
        Column("Control", numeric=False),
        Column("What differs", numeric=False),
        Column("Accuracy, %"),
        Column("Control, %"),
        Column(
            "Gain, points",
            "Difference of the mean test accuracies on the same images, with its 95 % interval.",
        ),
        Column("p", "Of this comparison alone, which was planned beforehand."),
        Column("p, Holm", "After Holm's correction over all pairs of variants."),
        Column("By seed, points", "The difference for each seed that both were fitted with."),
    ]
    rows = [
        (
            gain.variant,
            gain.control,
            gain.kind,
            percent(gain.accuracy),
            percent(gain.control_accuracy),
            Cell(points(gain.pair.difference), points_interval(gain.pair.low, gain.pair.high)),
            p_value(gain.pair.p),
            p_value(gain.pair.p_holm),
            "  ".join(points(difference) for _, difference in gain.by_seed),
        )
        for gain in gained
    ]
    return table("Each variant against its control", columns, rows)
