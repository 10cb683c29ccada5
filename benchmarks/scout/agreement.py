"""How well scouting predicted the ranking of a run: Kendall's rank correlation, with its n."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from scipy.stats import kendalltau

from benchmarks.evaluation.scores import score as score_fit
from benchmarks.metrics import RANKED_BY
from benchmarks.scout.records import Agreement, ScoutedRow, ScoutRecord, ScoutScore
from benchmarks.store.records import RunResults

SCORES: Mapping[ScoutScore, Callable[[ScoutedRow], float]] = MappingProxyType(
    {"probe": attrgetter("accuracy"), "logme": attrgetter("logme")}
)
"""What scouting ranks by, and where a scouted row has it."""


def agreements(record: ScoutRecord, run: RunResults) -> Iterator[Agreement]:
    """Yield, for each strategy of ``run`` and each score of ``record``, how well they agree.

    A row of the run stands for the scouted row of the same architecture, published weights and
    input size; rows without one, and those of ``run`` without a score, have no part in it.
    """
    side = max(run.manifest.data.image_shape[:2], default=0)
    scouted = {
        (row.architecture, row.initialisation, row.input_size): row
        for row in record.scouted
        if row.pretrained
    }
    reached: dict[str, list[tuple[ScoutedRow, float]]] = {}
    for variant in run.variants:
        row = variant.record
        found = scouted.get((row.architecture, row.initialisation, row.input_size or side))
        if found and variant.fits:
            mean = np.mean([score_fit(fit.test)[RANKED_BY] for fit in variant.fits])
            reached.setdefault(row.strategy, []).append((found, float(mean)))
    for strategy in sorted(reached):
        for score in SCORES:
            yield _agreement(str(run.folder), strategy, score, reached[strategy])


def _agreement(
    run: str,
    strategy: str,
    score: ScoutScore,
    pairs: Sequence[tuple[ScoutedRow, float]],
) -> Agreement:
    told = [SCORES[score](row) for row, _ in pairs]
    reached = [accuracy for _, accuracy in pairs]
    tau, p = kendalltau(told, reached) if len(pairs) > 1 else (np.nan, np.nan)
    return Agreement(
        run=run,
        strategy=strategy,
        score=score,
        rows=tuple(row.title for row, _ in pairs),
        tau=None if np.isnan(tau) else float(tau),
        p=None if np.isnan(p) else float(p),
    )
