"""What the numbers of a model or a table are, told by their values, as class probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import InputError

Kind = Literal["probabilities", "per cent", "sigmoid", "logarithms", "other"]
ROUNDING = 0.05
"""How far from 1 the sum of an image's rounded probabilities may lie."""
BELOW = 1e-6


@dataclass(frozen=True, eq=False)
class Answers:
    """Class probabilities, N×K, rows summing to 1; ``note`` tells what was made of the outputs."""

    probabilities: NDArray[np.float64]
    note: str = ""

    def only(self, columns: Sequence[int], dropped: Sequence[str]) -> Answers:
        """Return the classes at ``columns``, in that order, with the rest made up to 1 again.

        ``dropped`` names the other classes, for the note. An image of which they leave nothing
        has equal shares.
        """
        kept = self.probabilities[:, list(columns)]
        if not dropped:
            return Answers(kept, self.note)
        surest = self.probabilities.argmax(axis=1)
        lost = int((~np.isin(surest, list(columns))).sum())
        kept = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, 1.0)
        note = (
            f"its {' and '.join(dropped)} is not of the run and is left out, the other classes "
            f"made up to 1 (it was the answer to {lost:,} of {len(kept):,} images)"
        )
        notes = [self.note, note] if self.note else [note]
        return Answers(kept / kept.sum(axis=1, keepdims=True), "; ".join(notes))


def read_outputs(
    outputs: NDArray[Any], *, logits: bool, place: str, images: Sequence[str] = ()
) -> Answers:
    """Return what a model's or a table's outputs N×K come to.

    Rounded probabilities may sum to a little more or less than 1 and are normalised, and per
    cent are divided by 100, with a note. Raises ``InputError`` for numbers that are not finite;
    for sigmoid outputs, which say of each class by itself whether it is there and are nobody's
    probabilities until their user makes them so; for logits that ``logits`` does not state, and
    for what cannot be logits though it does. ``place`` and ``images`` (by their places
    unless given) name where.
    """
    values = np.asarray(outputs, np.float64)
    names = images or [f"image {number}" for number in range(len(values))]
    finite = np.asarray(np.isfinite(values).all(axis=1))
    if not finite.all():
        raise InputError(f"{place}: the answer to {names[_first(~finite)]} is not finite")
    kind = _kind(values)
    if logits:
        _refuse_no_logits(values, kind, place)
        values = np.exp(values - values.max(axis=1, keepdims=True))
    elif kind not in ("probabilities", "per cent"):
        row = _first(_off(values, 1))
        shown = ", ".join(f"{value:.3g}" for value in values[row])
        raise InputError(
            f"{place}: the answer to {names[row]} ({shown}) is no set of probabilities "
            f"summing to 1; {_remedy(values, kind)}"
        )
    values = np.maximum(values, 0)
    note = "its answers are per cent (they sum to 100) and are read as such"
    probabilities = values / values.sum(axis=1, keepdims=True)
    return Answers(probabilities, note if kind == "per cent" and not logits else "")


def _kind(values: NDArray[np.float64]) -> Kind:
    if not _off(values, 1).any():
        return "probabilities"
    if not _off(values, 100).any():
        return "per cent"
    if (values <= BELOW).all() and not _off(np.exp(values), 1).any():
        return "logarithms"
    if ((values >= -BELOW) & (values <= 1 + BELOW)).all():
        return "sigmoid"
    return "other"


def _off(values: NDArray[np.float64], whole: float) -> NDArray[np.bool_]:
    """Tell which rows are no shares of ``whole``."""
    sums = values.sum(axis=1)
    wrong = (values < -BELOW * whole).any(axis=1) | (np.abs(sums - whole) > ROUNDING * whole)
    return np.asarray(wrong)


def _refuse_no_logits(values: NDArray[np.float64], kind: Kind, place: str) -> None:
    if kind == "probabilities":
        raise InputError(f"{place}: its outputs are probabilities already; leave out --logits")
    if kind == "per cent":
        raise InputError(
            f"{place}: its outputs are per cent (they sum to 100), no logits; leave out --logits"
        )
    if kind == "sigmoid":
        raise InputError(
            f"{place}: its outputs all lie in 0..1 as after a sigmoid, and are no logits; "
            f"{_remedy(values, kind)}"
        )


def _remedy(values: NDArray[np.float64], kind: Kind) -> str:
    if kind == "sigmoid":
        off = int(_off(values, 1).sum())
        return (
            f"{off} of {len(values)} answers lie in 0..1 without that sum, as sigmoid outputs do: "
            "divide each by its sum and bring them with --predictions"
        )
    if kind == "logarithms":
        return "they are logarithms of probabilities: say --logits"
    if not (_off(values, 1) & _off(values, 100)).any():
        return "some answers sum to 1 and others to 100; write all of them alike"
    return "say --logits if it comes before softmax"


def _first(wrong: NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(wrong)[0])
