"""The table of scouting: each candidate with its accuracy, and what it is behind the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.samples import Sample, clustered_error
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.results import CORRECT, Counted, Probed
from benchmarks.scout.jobs import Task
from benchmarks.scout.records import ScoutedRow, ScoutRow
from benchmarks.store.files import read_arrays, whole
from datasets.records import DataError


@dataclass(frozen=True, eq=False)
class Scouted:
    """What came of a ``task`` and of counting its network, if it has one."""

    task: Task
    outcome: Probed | JobFailed
    size: Counted | JobFailed | None = None

    @property
    def counted(self) -> Counted | None:
        """The size of its network where that could be counted."""
        return self.size if isinstance(self.size, Counted) else None

    @property
    def uncounted(self) -> str:
        """Why the operations of its network are not known; blank where they are."""
        if self.size is None or (self.counted and self.counted.macs is not None):
            return ""
        why = f" ({self.size})" if isinstance(self.size, JobFailed) else ""
        return f"its operations could not be counted{why}; no input size of it is left out"


def table(scouted: Sequence[Scouted], sample: Sample) -> list[ScoutRow]:
    """Return the rows, the most accurate first, those without numbers last."""
    correct = {id(each): _correct(each) for each in scouted if isinstance(each.outcome, Probed)}
    candidates = [correct[id(each)] for each in scouted if each.task.sha256 and id(each) in correct]
    best = max(candidates, key=np.mean, default=None)
    rows = [_row(each, correct.get(id(each)), best, sample) for each in scouted]
    return sorted(rows, key=_place)


def _place(row: ScoutRow) -> tuple[bool, float]:
    return not isinstance(row, ScoutedRow), -row.accuracy if isinstance(row, ScoutedRow) else 0.0


def _row(
    each: Scouted,
    correct: NDArray[np.float64] | None,
    best: NDArray[np.float64] | None,
    sample: Sample,
) -> ScoutRow:
    fields = {**vars(each.task.row)}
    if isinstance(each.outcome, JobFailed) or correct is None:
        return ScoutRow(**{**fields, "status": "failed", "reason": str(each.outcome)})
    fields["reason"] = each.uncounted
    lost = correct * 0 if best is None else best - correct
    return ScoutedRow(
        **fields,
        weights_sha256=each.task.sha256,
        features=each.outcome.features,
        accuracy=each.outcome.accuracy,
        accuracy_se=clustered_error(correct, sample.groups),
        behind=float(lost.mean()),
        behind_se=clustered_error(lost, sample.groups) if lost.any() else None,
        logme=each.outcome.logme,
        seconds=each.outcome.seconds,
        parameters=each.counted.parameters if each.counted else None,
        macs=each.counted.macs if each.counted else None,
        latency_ms=each.outcome.latency_ms,
    )


def _correct(each: Scouted) -> NDArray[np.float64]:
    """Return which images were answered rightly, 1 or 0, float64 N."""
    content = whole(each.task.job.output)
    found = read_arrays(content, [CORRECT]) if content is not None else None
    if found is None:
        raise DataError(f"{each.task.job.output}: damaged or gone; give the same command again")
    return np.asarray(found[CORRECT], np.float64)
