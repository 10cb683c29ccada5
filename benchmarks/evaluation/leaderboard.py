"""The leaderboard: one row for each variant, ranked by mean test accuracy."""

from __future__ import annotations

from typing import Any

import pandas as pd

from benchmarks.evaluation.conditions import hardware
from benchmarks.evaluation.scores import score
from benchmarks.evaluation.statistics import Statistics, compute_statistics
from benchmarks.metrics import METRICS
from benchmarks.store.records import RunResults, VariantResults

INTERVAL = "95 % interval over test images and seeds (with one seed: over images alone)"
WHOLE = (
    "rank_low",
    "rank_high",
    "test_images",
    "test_images_without_duplicates",
    "parameters",
    "macs",
    "seeds",
    "images_seen",
)


def leaderboard(run: RunResults, statistics: Statistics | None = None) -> pd.DataFrame:
    """Return the leaderboard of ``run``, best first; rows from outside follow the run's own.

    ``statistics`` are those of ``run``; left out, they are computed. Columns:

    - ``variant, status, reason``;
    - ``rank_low``, ``rank_high``: the best and the worst rank that the comparisons of all pairs
      leave open (`benchmarks.evaluation.comparison.ranks`), blank for rows from outside;
    - for each metric the mean over seeds on the test set under its name, and with it ``_sd``,
      the standard deviation over seeds (ddof 1, blank with one seed). Where it is resampled
      also ``_low`` and ``_high``, the 95 % interval over images and seeds from the bootstrap
      (`Uncertainty.interval`; over images alone with one seed); ``_se_images`` and
      ``_se_seeds``, the standard errors from either source, whose squares add up (the latter
      blank with one seed); and ``_without_duplicates`` with ``_low`` and ``_high``, the same
      for the test images whose pixels stand neither in train nor in validation;
    - ``test_images``, ``test_images_without_duplicates``: their numbers;
    - ``parameters``, ``macs``; ``train_seconds`` (mean over seeds), ``latency_ms``,
      ``batch_latency_ms``, ``peak_memory_mb`` (largest over seeds); ``seeds``, their number;
      ``images_seen`` in tuning and final fits together; ``hardware``, to which the times belong.

    Variants that were not run or failed come last. Where the run makes a mistake on purpose,
    no row has a rank and every reason says so.
    """
    statistics = statistics or compute_statistics(run)
    by_name = {variant.name: variant for variant in run.ranked}
    shown = (*statistics.order, *statistics.outside)
    rows = [_scored(by_name[name], statistics) for name in shown]
    rows += [_unscored(variant) for variant in run.variants if not variant.ranked]
    frame = pd.DataFrame(rows, columns=columns())
    if run.mistake:
        unranked = f"never ranked: makes the mistake {run.mistake} on purpose"
        frame.loc[frame["status"] == "ok", "reason"] = unranked
    return frame.astype(dict.fromkeys(WHOLE, "Int64"))


def columns() -> list[str]:
    """Return the leaderboard's column names, in order."""
    names = ["variant", "status", "reason", "rank_low", "rank_high"]
    for metric in METRICS:
        endings = ["", "_sd"]
        if metric.resampled is not None:
            endings = ["", "_low", "_high", "_sd", "_se_images", "_se_seeds"]
            endings += [f"_without_duplicates{end}" for end in ("", "_low", "_high")]
        names += [f"{metric.name}{ending}" for ending in endings]
    names += ["test_images", "test_images_without_duplicates", "parameters", "macs"]
    names += ["train_seconds", "latency_ms", "batch_latency_ms", "peak_memory_mb"]
    return [*names, "seeds", "images_seen", "hardware"]


def _scored(variant: VariantResults, statistics: Statistics) -> dict[str, Any]:
    scores = pd.DataFrame([score(fit.test) for fit in variant.fits])
    memory = [f.record.peak_memory_mb for f in variant.fits if f.record.peak_memory_mb is not None]
    seconds = [fit.record.train_seconds for fit in variant.fits]
    rank_low, rank_high = statistics.ranks.get(variant.name, (None, None))
    return {
        **_unscored(variant),
        "rank_low": rank_low,
        "rank_high": rank_high,
        **{str(name): value for name, value in scores.mean().items()},
        **{f"{name}_sd": value for name, value in scores.std(ddof=1).items()},
        **_uncertainties(variant.name, statistics),
        "train_seconds": None if variant.external else sum(seconds) / len(seconds),
        "peak_memory_mb": max(memory, default=None),
    }


def _uncertainties(name: str, statistics: Statistics) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if statistics.whole is not None:
        told["test_images"] = statistics.whole.images
        for metric, found in statistics.whole.scores[name].items():
            told[f"{metric}_low"], told[f"{metric}_high"] = found.low, found.high
            told[f"{metric}_se_images"] = found.images_error
            told[f"{metric}_se_seeds"] = found.seeds_error
    part = statistics.without_duplicates
    told["test_images_without_duplicates"] = part.images if part else 0
    for metric, found in part.scores[name].items() if part else ():
        told[f"{metric}_without_duplicates"] = found.value
        told[f"{metric}_without_duplicates_low"] = found.low
        told[f"{metric}_without_duplicates_high"] = found.high
    return told


def _unscored(variant: VariantResults) -> dict[str, Any]:
    cost = variant.cost
    return {
        "variant": variant.name,
        "status": variant.outcome.status,
        "reason": variant.outcome.reason,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "latency_ms": cost.latency_ms,
        "batch_latency_ms": cost.batch_latency_ms,
        "seeds": len(variant.fits),
        "images_seen": None if variant.external else images_seen(variant),
        "hardware": hardware(variant) or None,
    }


def images_seen(variant: VariantResults) -> int:
    """Return the images that all trials and final fits of a variant have seen."""
    tuning = sum(trial.images_seen for trial in variant.trials)
    return tuning + sum(fit.record.images_seen for fit in variant.fits)
