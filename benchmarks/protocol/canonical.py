"""Canonical JSON: its digest, and the first place at which two values differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def digest(value: Any) -> str:
    """Return the SHA-256, in hex, of a JSON value in canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def first_difference(ours: Any, theirs: Any, place: str = "") -> str | None:
    """Name the first place at which two JSON values differ, with both values, or ``None``."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*ours, *theirs}):
            inner = f"{place}.{key}" if place else str(key)
            if found := first_difference(ours.get(key), theirs.get(key), inner):
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if found := first_difference(one, other, f"{place}[{index}]"):
                return found
        return None
    if ours == theirs:
        return None
    return f"{place} is {_short(ours)} here and {_short(theirs)} there"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
