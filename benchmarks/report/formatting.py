"""Numbers as people read them; what is missing is an en dash."""

from __future__ import annotations

from typing import Any

import pandas as pd

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


def interval(low: Any, high: Any) -> str:
    """Return a range of fractions in per cent, ``67.2 to 70.1``; blank where it is unknown."""
    return "" if pd.isna(low) or pd.isna(high) else f"{percent(low)} to {percent(high)}"


def decimals(low: Any, high: Any) -> str:
    """Return a range of plain numbers, ``0.91 to 0.96``; blank where it is unknown."""
    return "" if pd.isna(low) or pd.isna(high) else f"{decimal(low)} to {decimal(high)}"


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


def listing(names: list[str]) -> str:
    """Join names as prose does: ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def plural(number: int, noun: str, several: str = "") -> str:
    """Return ``1 seed``, ``3 seeds``."""
    return f"{whole(number)} {noun if number == 1 else several or noun + 's'}"
