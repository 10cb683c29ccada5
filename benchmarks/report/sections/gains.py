"""What transfer and augmentation gained, as a table of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.evaluation.gains import Gain
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.elements.numbers import p_value, percent, points, points_interval
from benchmarks.report.elements.outline import Content


@dataclass(frozen=True)
class GainsSection(Content):
    """Each variant that has a control, against it."""

    table: Table

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the table."""
        yield "", self.table


def gains_section(gained: Sequence[Gain]) -> GainsSection | None:
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
    return GainsSection(table("Each variant against its control", columns, rows))
