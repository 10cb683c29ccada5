"""The leaderboard and the gains as tables of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from benchmarks.evaluation.chance import did_not_learn
from benchmarks.evaluation.conditions import timed_apart
from benchmarks.evaluation.gains import Gain
from benchmarks.evaluation.leaderboard import INTERVAL
from benchmarks.evaluation.metrics import METRICS
from benchmarks.evaluation.records import RunResults
from benchmarks.report.fairness_section import marks
from benchmarks.report.formatting import compact, duration, percent, points, three_digits, whole
from benchmarks.report.tables import spread
from benchmarks.report.view import Cell, Column, Table, table


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
            rank = None if run.mistake or row["variant"] in external else place
            rest = _numbers(row, rank, timed=row["variant"] not in apart)
        else:
            rest = _reason(row, len(columns) - 1)
        rows.append((name, *rest))
    return table("Variants by mean test accuracy", columns, rows)


def _numbers(row: pd.Series, place: int | None, *, timed: bool) -> tuple[Cell, ...]:
    """Return a ranked row's cells; times that do not compare are sorted after all others."""
    return (
        Cell(str(place), sort=str(place)) if place else Cell("none"),
        *(_score(row, metric.name, metric.fraction) for metric in METRICS),
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
        Column("Rank", "Place by mean test accuracy.", sorted="ascending"),
        *(
            Column(
                m.label + (", %" if m.fraction else ""),
                f"{m.definition} Mean over seeds; ± is the standard deviation over seeds."
                + (f" In small figures: {INTERVAL}." if m.name == "accuracy" else ""),
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


def _score(row: pd.Series, name: str, fraction: bool) -> Cell:
    note = ""
    if name == "accuracy":
        note = f"{percent(row['accuracy_low'])} to {percent(row['accuracy_high'])}"
    return Cell(spread(row, name, fraction), note, _key(row[name]))


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
        Column("Gain, points", "Difference of the mean test accuracies, on the same images."),
        Column("By seed, points", "The difference for each seed that both were fitted with."),
    ]
    rows = [
        (
            gain.variant,
            gain.control,
            gain.kind,
            percent(gain.accuracy),
            percent(gain.control_accuracy),
            points(gain.difference),
            "  ".join(points(difference) for _, difference in gain.by_seed),
        )
        for gain in gained
    ]
    return table("Each variant against its control", columns, rows)
