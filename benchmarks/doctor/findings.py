"""A finding: one line of what ``ferbench doctor`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do where it is not as it should be.

    A ``problem`` keeps a run from working; with a ``warning`` it works, but not as it could.
    """

    status: Status
    subject: str
    found: str
    advice: str = ""
