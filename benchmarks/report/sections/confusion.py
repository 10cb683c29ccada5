"""The confusion matrices: counts for reading, and the same as data for the page's script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
                    f"{with_sign(shares[label, answer])} of {names[label]}",
                )
                for answer, count in enumerate(row)
            ),
        )
        for label, row in enumerate(counts)
    )
    return Matrix(f"Images{summed}", names, rows, tuple(tuple(map(int, row)) for row in counts))


def confusion_data(sections: Iterable[tuple[str, str, Matrix | None]]) -> list[dict[str, Any]]:
    """Return the counts of every (anchor, name, matrix) for the page's script."""
    return [
        {"anchor": anchor, "name": name, "counts": matrix.counts}
        for anchor, name, matrix in sections
        if matrix
    ]
