"""The leaderboard: one row for each variant, ranked by mean test accuracy."""

from __future__ import annotations

from typing import Any

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from benchmarks.evaluation.conditions import hardware
from benchmarks.evaluation.metrics import METRICS, score
from benchmarks.evaluation.records import RunResults, VariantResults

INTERVAL = "95 % Wilson interval for the mean accuracy; it covers the sampling of images only"
WHOLE = ("parameters", "macs", "seeds", "images_seen")


def leaderboard(run: RunResults) -> pd.DataFrame:
    """Return the leaderboard of ``run``, best first; rows from outside follow the run's own.

    Columns: ``variant, status, reason``; each metric's mean over seeds on the test set under
    its name and its standard deviation over seeds (ddof 1, blank with one seed) as ``_sd``;
    ``accuracy_low`` and ``accuracy_high``, the 95 % Wilson interval (Wilson 1927) of the mean
    accuracy, which covers the sampling of images only; ``parameters``, ``macs``;
    ``train_seconds`` (mean over seeds), ``latency_ms``, ``batch_latency_ms``,
    ``peak_memory_mb`` (largest over seeds); ``seeds``, their number; ``images_seen`` in
    tuning and final fits together; ``hardware``, to which the times belong.
    Variants that were not run or failed come last. Where the run makes a mistake on purpose,
    every reason says so.
    """
    rows = []
    for external in (False, True):
        scored = [_scored(v) for v in run.ranked if v.external is external]
        rows += sorted(scored, key=lambda row: (-row["accuracy"], row["variant"]))
    rows += [_unscored(variant) for variant in run.variants if not variant.ranked]
    frame = pd.DataFrame(rows, columns=columns())
    if run.mistake:
        unranked = f"never ranked: makes the mistake {run.mistake} on purpose"
        frame.loc[frame["status"] == "ok", "reason"] = unranked
    return frame.astype(dict.fromkeys(WHOLE, "Int64"))


def columns() -> list[str]:
    """Return the leaderboard's column names, in order."""
    names = ["variant", "status", "reason"]
    for metric in METRICS:
        interval = [f"{metric.name}_low", f"{metric.name}_high"]
        names += [metric.name, *(interval if metric.name == "accuracy" else [])]
        names.append(f"{metric.name}_sd")
    names += ["parameters", "macs", "train_seconds", "latency_ms", "batch_latency_ms"]
    return [*names, "peak_memory_mb", "seeds", "images_seen", "hardware"]


def _scored(variant: VariantResults) -> dict[str, Any]:
    scores = pd.DataFrame([score(fit.test) for fit in variant.fits])
    means, spreads = scores.mean(), scores.std(ddof=1)
    low, high = wilson(float(means["accuracy"]), len(variant.fits[0].test.labels))
    memory = [f.facts.peak_memory_mb for f in variant.fits if f.facts.peak_memory_mb is not None]
    seconds = [fit.facts.train_seconds for fit in variant.fits]
    return {
        **_unscored(variant),
        **{str(name): value for name, value in means.items()},
        **{f"{name}_sd": value for name, value in spreads.items()},
        "accuracy_low": low,
        "accuracy_high": high,
        "train_seconds": None if variant.external else sum(seconds) / len(seconds),
        "peak_memory_mb": max(memory, default=None),
    }


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
    return tuning + sum(fit.facts.images_seen for fit in variant.fits)


def wilson(share: float, images: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a ``share`` of ``images``, as fractions."""
    low, high = proportion_confint(share * images, images, alpha=0.05, method="wilson")
    return float(low), float(high)
