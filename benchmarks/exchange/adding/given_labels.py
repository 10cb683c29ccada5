"""Labels that stand beside somebody's answers: they tell whether the lines are of other images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.errors import InputError
from benchmarks.store.splits import SplitTable


def refuse_other_labels(
    file: Path, given: pd.Series[Any], numbers: NDArray[np.float64], requested: SplitTable
) -> None:
    """Raise ``InputError`` unless ``given`` is the labels of ``requested``, or answers.

    ``given`` has a value for each image. Any code that has one value for a class will do; so does
    a column that only repeats the largest of ``numbers``.
    """
    codes = pd.factorize(given)[0]
    if _is_code_of(numbers.argmax(axis=1), codes):
        return
    usual = pd.Series(requested.labels).groupby(codes).agg(lambda labels: labels.mode().iloc[0])
    wrong = usual.reindex(codes).to_numpy() != requested.labels
    if wrong.any():
        first = int(wrong.argmax())
        raise InputError(
            f"{file}: its column label contradicts the run's labels on {int(wrong.sum()):,} of "
            f"{len(codes):,} images (first: row {requested.rows[first]}); the lines are mixed up, "
            "or it is no label: leave it out"
        )


def _is_code_of(values: NDArray[np.int64], codes: NDArray[np.int64]) -> bool:
    """Tell whether each of ``codes`` stands for one of ``values``, and the other way round."""
    pairs = np.unique(np.stack([values, codes]), axis=1)
    return bool(len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1])
