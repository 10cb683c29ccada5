"""What a user can cause or meet, an error or a finding; each is told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "warning", "problem"]


class InputError(ValueError):
    """Something given to ferbench is wrong; the message says what, where and what to do."""


class JobFailed(RuntimeError):
    """A job ended without a result; the message is the reason that the report shows."""


class Lost(JobFailed):
    """The environment took a job's process, its memory or its disk, which says nothing of the job.

    It may be tried again.
    """


class Unavailable(JobFailed):
    """A variant cannot start for want of something outside ferbench (weights, a package)."""


@dataclass(frozen=True)
class Finding:
    """What a check came upon: where, what, and what to do where it is not as it should be.

    With a ``warning`` something works, but not as it could; a ``problem`` keeps it from working,
    or is a number or a file that does not hold.
    """

    severity: Severity
    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that is written most like ``name``, if one is at all."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str], there_are: str = "there are") -> str:
    """Return the hint for a ``name`` that is not among ``known``: the nearest, or all of them."""
    every = list(known)
    meant = nearest(name, every)
    return f"did you mean {meant!r}?" if meant else f"{there_are}: {', '.join(every)}"
