"""What the numbers of a model or a table are, told by their values, as class probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import InputError

ROUNDING = 0.05
"""How far from 1 the sum of an image's rounded probabilities may lie."""
BELOW = 1e-6
ENOUGH = 20
"""Answers of which it is no chance that all sum to the same number."""
LEAVE_OUT = "leave out --logits"
LOGARITHMS = (
    ("logarithms", 1.0, ""),
    ("logarithms to base 2", float(np.log(2)), "multiply them by 0.6931, "),
    ("logarithms to base 10", float(np.log(10)), "multiply them by 2.3026, "),
    ("negative logarithms", -1.0, "change their sign, "),
)
"""What they are called, the factor that makes them natural logarithms, and how to say it."""


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
    probabilities until their user makes them so; for shares of another whole and logarithms of
    another base; for logits that ``logits`` does not state, and for what cannot be logits though
    it does. ``place`` and ``images`` (by their places
    unless given) name where.
    """
    values = np.asarray(outputs, np.float64)
    names = images or [f"image {number}" for number in range(len(values))]
    finite = np.asarray(np.isfinite(values).all(axis=1))
    if not finite.all():
        raise InputError(f"{place}: the answer to {names[_first(~finite)]} is not finite")
    found = _meaning(values)
    if logits:
        if found.no_logits:
            raise InputError(f"{place}: its outputs are {found.what}, no logits; {found.no_logits}")
        values = np.exp(values - values.max(axis=1, keepdims=True))
    elif found.remedy:
        row = _first(_off(values, found.whole))
        shown = ", ".join(f"{value:.3g}" for value in values[row])
        raise InputError(
            f"{place}: the answer to {names[row]} ({shown}) is no set of probabilities "
            f"summing to 1; {found.remedy}"
        )
    values = np.maximum(values, 0)
    probabilities = values / values.sum(axis=1, keepdims=True)
    return Answers(probabilities, "" if logits else found.note)


@dataclass(frozen=True, kw_only=True)
class _Meaning:
    """What outputs are, as a sentence says it.

    ``remedy`` is what to do where they must be probabilities, ``no_logits`` where ``--logits``
    was said of them; ``""`` where they may be. ``whole`` is what the others sum to.
    """

    what: str = "numbers"
    remedy: str = "say --logits if it comes before softmax"
    no_logits: str = ""
    note: str = ""
    whole: float = 1


def _meaning(values: NDArray[np.float64]) -> _Meaning:
    """Tell what the answers N×K are by their sums; what none of these is may be logits."""
    one, hundred = ~_off(values, 1), ~_off(values, 100)
    if one.all():
        return _Meaning(what="probabilities already", remedy="", no_logits=LEAVE_OUT)
    if hundred.all():
        note = "its answers are per cent (they sum to 100) and are read as such"
        what = "per cent (they sum to 100)"
        return _Meaning(what=what, remedy="", no_logits=LEAVE_OUT, note=note)
    if (logarithms := _logarithms(values)) is not None:
        return logarithms
    if (one | hundred).mean() > 0.5:
        return _mostly_shares(values, one, hundred)
    return _shares_of_another_whole(values) or _sigmoid(values) or _Meaning()


def _logarithms(values: NDArray[np.float64]) -> _Meaning | None:
    for what, factor, remedy in LOGARITHMS:
        powers = values * factor
        if (powers <= BELOW).all() and not _off(np.exp(powers), 1).any():
            natural = factor == 1
            told = f"they are {what} of probabilities: {remedy}say --logits"
            mend = "" if natural else f"{remedy}then say --logits"
            return _Meaning(what=f"{what} of probabilities", remedy=told, no_logits=mend)
    return None


def _mostly_shares(
    values: NDArray[np.float64], one: NDArray[np.bool_], hundred: NDArray[np.bool_]
) -> _Meaning:
    """Return what to say where most answers, and not all, are shares of 1 or of 100."""
    if (one | hundred).all():
        told = "some answers sum to 1 and others to 100; write all of them alike"
        return _Meaning(what="probabilities and per cent", remedy=told, no_logits=told)
    whole = 1 if one.sum() >= hundred.sum() else 100
    off = int(_off(values, whole).sum())
    told = (
        f"{off:,} of {len(values):,} answers do not sum to {whole} as the others do, by more than "
        "rounding leaves; mend these"
    )
    return _Meaning(
        what="mostly probabilities or per cent", remedy=told, no_logits=told, whole=whole
    )


def _shares_of_another_whole(values: NDArray[np.float64]) -> _Meaning | None:
    whole = float(np.median(values.sum(axis=1)))
    if len(values) < ENOUGH or whole <= 0 or _off(values, whole).any():
        return None
    told = f"each answer sums to {whole:.4g}: divide by that and bring them with --predictions"
    return _Meaning(what=f"shares of {whole:.4g}", remedy=told, no_logits=told)


def _sigmoid(values: NDArray[np.float64]) -> _Meaning | None:
    if not ((values >= -BELOW) & (values <= 1 + BELOW)).all():
        return None
    off = int(_off(values, 1).sum())
    told = (
        f"{off} of {len(values)} answers lie in 0..1 without that sum, as sigmoid outputs do: "
        "divide each by its sum and bring them with --predictions"
    )
    if not values.any(axis=1).all():
        empty = int((~values.any(axis=1)).sum())
        told = f"{empty:,} of {len(values):,} answers are zero for every class; mend these"
    return _Meaning(what="all in 0..1 as after a sigmoid", remedy=told, no_logits=told)


def _off(values: NDArray[np.float64], whole: float) -> NDArray[np.bool_]:
    """Tell which rows are no shares of ``whole``."""
    sums = values.sum(axis=1)
    wrong = (values < -BELOW * whole).any(axis=1) | (np.abs(sums - whole) > ROUNDING * whole)
    return np.asarray(wrong)


def _first(wrong: NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(wrong)[0])
