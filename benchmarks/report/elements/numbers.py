"""Numbers as people read them; what is missing is an en dash."""

from __future__ import annotations

from typing import Any

import pandas as pd

from models.registry import Categorical, Dimension

MISSING = "–"
MINUS = "−"


def percent(fraction: Any, digits: int = 1) -> str:
    """Return a fraction of 1 in per cent, without the sign: ``0.687`` → ``68.7``."""
    return MISSING if pd.isna(fraction) else f"{100 * float(fraction):.{digits}f}"


def with_sign(fraction: Any) -> str:
    """Return a fraction in per cent with its sign, which no line break parts: ``68.7 %``."""
    return f"{percent(fraction)}\N{NO-BREAK SPACE}%"


def points(fraction: float) -> str:
    """Return a difference of fractions in percentage points, signed: ``+1.4``, ``0.0``."""
    text = f"{100 * fraction:+.1f}".replace("-", MINUS)
    return "0.0" if text[1:] == "0.0" else text


def unsigned_points(fraction: float) -> str:
    """Return a size in percentage points: ``1.4``."""
    return f"{100 * fraction:.1f}"


def interval(low: Any, high: Any, digits: int = 1) -> str:
    """Return a range of fractions in per cent, ``67.2 to 70.1``; blank where it is unknown."""
    unknown = pd.isna(low) or pd.isna(high)
    return "" if unknown else f"{percent(low, digits)} to {percent(high, digits)}"


def decimals(low: Any, high: Any, digits: int = 3) -> str:
    """Return a range of plain numbers, ``0.91 to 0.96``; blank where it is unknown."""
    unknown = pd.isna(low) or pd.isna(high)
    return "" if unknown else f"{decimal(low, digits)} to {decimal(high, digits)}"


def supported(low: Any, high: Any, *, fraction: bool = True) -> int:
    """Return the decimals that a score with the 95 % interval ``low`` to ``high`` deserves.

    The rule is the Particle Data Group's (Review of Particle Physics, section "Rounding"): where
    the first three digits of the standard error are 100 to 354, two of them are told, where
    they are 355 to 949, one, and where they are 950 to 999, it counts as 1000. So an accuracy
    known to 0.8 or 1.5 points has one decimal, one known to 4 points has none. The standard
    error is a quarter of the interval's length, near enough; a ``fraction`` counts in per cent.
    At most 2 decimals (3 for plain numbers) are told, as many as usual (1 and 3) where the
    interval is unknown or has no length.
    """
    usual, most = (1, 2) if fraction else (3, 3)
    length = float("nan") if pd.isna(low) or pd.isna(high) else float(high) - float(low)
    if not length > 0:
        return usual
    leading, power = f"{length * (25 if fraction else 0.25):.2e}".split("e")
    digits = -int(power) + (float(leading) < 3.55)
    return min(max(digits, 0), most)


def scored(value: Any, low: Any, high: Any, *, fraction: bool = True) -> tuple[str, str]:
    """Return a score and its 95 % interval, both with the decimals that `supported` allows."""
    digits = supported(low, high, fraction=fraction)
    if fraction:
        return percent(value, digits), interval(low, high, digits)
    return decimal(value, digits), decimals(low, high, digits)


def points_interval(low: float, high: float) -> str:
    """Return a range of differences in percentage points: ``+0.3 to +2.1``."""
    return f"{points(low)} to {points(high)}"


def p_value(p: float) -> str:
    """Return a p-value with the digits that matter: ``0.31``, ``0.012``, ``< 0.001``."""
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def rank(low: Any, high: Any) -> str:
    """Return a rank, tied where the range is not a single one: ``2``, ``1–3``."""
    if pd.isna(low):
        return MISSING
    return f"{int(low)}" if low == high else f"{int(low)}–{int(high)}"


def decimal(value: Any, digits: int = 3) -> str:
    """Return a number with a fixed number of decimals."""
    return MISSING if pd.isna(value) else f"{float(value):.{digits}f}"


def whole(value: Any) -> str:
    """Return a whole number with thousands separated."""
    return MISSING if pd.isna(value) else f"{int(value):,}"


def compact(value: Any) -> str:
    """Return a large number with three digits and its multiple: ``4.41 M``."""
    if pd.isna(value):
        return MISSING
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{three_digits(float(value) / size)} {sign}"
    return f"{int(value)}"


def three_digits(value: Any) -> str:
    """Return a number from 0 with two or three significant digits and no exponent."""
    if pd.isna(value):
        return MISSING
    if 0 < value < 0.1:
        return f"{value:.2g}" if value >= 0.001 else "< 0.001"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def duration(seconds: Any) -> str:
    """Return seconds as people say them: ``8.4 s``, ``1 min 24 s``, ``2 h 05 min``."""
    if pd.isna(seconds):
        return MISSING
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def setting(value: Any) -> str:
    """Return a hyperparameter or a protocol's value in short form: ``0.00031``, ``1, 3``."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}".replace("e-0", "e-")
    if isinstance(value, list | tuple):
        return ", ".join(setting(item) for item in value) or MISSING
    return str(value) or MISSING


def searched(dimension: Dimension) -> str:
    """Return a dimension of a search space: ``1e-5 to 0.01, log scale``, ``32, 64``."""
    if isinstance(dimension, Categorical):
        return setting(list(dimension.values))
    scale = ", log scale" if dimension.log else ""
    return f"{setting(dimension.low)} to {setting(dimension.high)}{scale}"


def listing(names: list[str]) -> str:
    """Join names as prose does: ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def shortened(text: str, longest: int) -> str:
    """Return ``text`` in at most ``longest`` characters, the last an ellipsis if it was cut."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def plural(number: int, noun: str, several: str = "") -> str:
    """Return ``1 seed``, ``3 seeds``."""
    return f"{whole(number)} {noun if number == 1 else several or noun + 's'}"
