"""What a leak laboratory found, as its ``leaks.csv`` and ``leaks.json`` have it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from benchmarks.machine.spreadsheets import frame_csv
from benchmarks.store.files import adapter


@dataclass(frozen=True, kw_only=True)
class MistakeRow:
    """What one mistake is worth; each number has the ends of its interval, ``_low`` and ``_high``.

    ``accuracy`` is what the mistake reports, ``counterpart`` names what it is compared with,
    ``errors_hidden`` is a share of the counterpart's errors and ``test_in_training`` one of the
    test images. NaN: not measured.
    """

    mistake: str
    status: Literal["ok", "not run"]
    reason: str
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    counterpart: str
    counterpart_accuracy: float
    counterpart_accuracy_low: float
    counterpart_accuracy_high: float
    gain: float
    gain_low: float
    gain_high: float
    errors_hidden: float
    errors_hidden_low: float
    errors_hidden_high: float
    same_images: bool
    test_images: int
    test_in_training: float
    seeds: int


@dataclass(frozen=True, kw_only=True)
class ReferenceRecord:
    """The honest score that claims are set beside, and who measured it."""

    figure: float
    source: str


@dataclass(frozen=True, kw_only=True)
class ClaimRecord:
    """A claimed figure, and the mistakes that are large enough, or perhaps, to explain it."""

    figure: float
    who: str
    known: str
    known_mistake: str | None
    errors_to_hide: float
    large_enough: tuple[str, ...]
    perhaps: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LaboratoryRecord:
    """``leaks.json``: the data set, the variant, the mistakes and the claims."""

    data: str
    variant: str
    mistakes: tuple[MistakeRow, ...]
    reference: ReferenceRecord
    claims: tuple[ClaimRecord, ...]


def mistakes_csv(rows: Sequence[MistakeRow]) -> str:
    """Return the text of ``leaks.csv``; missing values are blank."""
    return frame_csv(pd.DataFrame(rows))


def laboratory_json(record: LaboratoryRecord) -> str:
    """Return the text of ``leaks.json``; missing values are null."""
    content = json.loads(adapter(LaboratoryRecord).dump_json(record))
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
