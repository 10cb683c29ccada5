"""The confusion matrices: counts for reading, and the same as data for the page's script."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.evaluation.scores import confusion, row_shares
from benchmarks.report.elements.elements import Matrix, MatrixCell
from benchmarks.report.elements.numbers import plural, whole, with_sign
from benchmarks.store.records import VariantResults


def confusion_matrix(variant: VariantResults, names: tuple[str, ...]) -> Matrix:
    """Return the counts of a ranked variant, summed over its seeds."""
    counts = np.sum([confusion(fit.test) for fit in variant.fits], axis=0)
    shares, largest = row_shares(counts), max(int(counts.max()), 1)
    summed = f", summed over {plural(len(variant.fits), 'seed')}" if len(variant.fits) > 1 else ""
    rows = tuple(
        (
            names[label],
            tuple(
                MatrixCell(
                    text=whole(count),
                    heat=round(10 * int(count) / largest),
                    right=label == answer,
                    meaning=f"{names[label]} answered as {names[answer]}: {whole(count)}, "
                    f"{with_sign(shares[label, answer])} of {names[label]}"
                    if row.any()
                    else f"{names[label]}: no test images",
                )
                for answer, count in enumerate(row)
            ),
        )
        for label, row in enumerate(counts)
    )
    return Matrix(f"Images{summed}", names, rows, tuple(tuple(map(int, row)) for row in counts))


@dataclass(frozen=True)
class ConfusionData:
    """The counts of a variant for the page's script."""

    anchor: str
    name: str
    counts: tuple[tuple[int, ...], ...]
