"""What tuning came to: trial 0 against what was chosen, what chance gives, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from scipy.integrate import quad
from scipy.stats import norm

from benchmarks.metrics import Metric, metric_of
from benchmarks.store.records import RunResults, TrialRecord, VariantResults

DEFAULTS = 0
"""The number of the trial that has the defaults: the recipe's, with what the protocol sets."""
FAR = 10.0
"""Standard deviations beyond which no normal variable is looked for."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """The study of one variant; values are of the selection metric on validation.

    ``tuned`` is that of trial ``chosen`` and ``default`` that of trial 0, both after ``epoch``
    epochs, the last that both reached. ``chance`` is the gain that `by_chance` allows for all
    trials with a score, as a pruned one lost to the chosen one too; ``None`` for a metric of which
    it is not known. ``images`` are those that all ``trials`` saw;
    ``unpruned`` those that they would have seen had each reached the last rung, and ``full`` had
    each been trained as long as the final fits were.
    """

    variant: str
    trials: int
    chosen: int
    epoch: int
    default: float
    tuned: float
    chance: float | None
    higher_is_better: bool
    images: int
    unpruned: float
    full: float

    @property
    def gain(self) -> float:
        """By how much what was chosen is better than the defaults; above 0 is better."""
        difference = self.tuned - self.default
        return difference if self.higher_is_better else -difference


def searches(run: RunResults) -> tuple[Search, ...]:
    """Return the study of each variant that was fitted after trials of more than the defaults."""
    found = (_search(run, variant) for variant in run.variants)
    return tuple(search for search in found if search is not None)


def by_chance(trials: int, accuracy: float, images: int) -> float:
    """Return by how much the best of ``trials`` is ahead of the first if all are equally good.

    It is the expected maximum of so many standard normal variables times the standard error of an
    ``accuracy`` (a fraction) on so many ``images``: the mean over many studies, and a bound from
    above, as trials that are scored on the same images err alike.
    """
    error = math.sqrt(accuracy * (1 - accuracy) / images)
    best, _ = quad(lambda x: x * trials * norm.pdf(x) * norm.cdf(x) ** (trials - 1), -FAR, FAR)
    return error * float(best)


def _search(run: RunResults, variant: VariantResults) -> Search | None:
    metric = metric_of(run.manifest.protocol.selection)
    scored = {trial.number: trial for trial in variant.trials if trial.intermediate}
    default, chosen = scored.get(DEFAULTS), _chosen(list(scored.values()), metric)
    fitted = [fit.record.images_seen for fit in variant.fits if fit.record.images_seen]
    if default is None or chosen is None or not fitted or len(variant.trials) < 2:
        return None
    epoch = max(default.intermediate.keys() & chosen.intermediate.keys(), default=None)
    if epoch is None:
        return None
    last = run.manifest.protocol.tuning.rungs[-1]
    an_epoch = max(trial.images_seen / max(trial.intermediate) for trial in scored.values())
    return Search(
        variant=variant.name,
        trials=len(variant.trials),
        chosen=chosen.number,
        epoch=epoch,
        default=default.intermediate[epoch],
        tuned=chosen.intermediate[epoch],
        chance=_chance(run, metric, len(scored), default.intermediate[epoch]),
        higher_is_better=metric.higher_is_better,
        images=sum(trial.images_seen for trial in variant.trials),
        unpruned=len(variant.trials) * last * an_epoch,
        full=len(variant.trials) * fmean(fitted),
    )


def _chance(run: RunResults, metric: Metric, trials: int, value: float) -> float | None:
    images = sum(run.manifest.split.counts.get("validation", {}).values())
    known = metric.share_of_images and images and 0 <= value <= 1
    return by_chance(trials, value, images) if known else None


def _chosen(trials: Sequence[TrialRecord], metric: Metric) -> TrialRecord | None:
    """Return the best of the trials that reached the last rung; of equals the first."""
    complete = [trial for trial in trials if trial.state == "complete" and trial.value is not None]
    sign = 1 if metric.higher_is_better else -1
    return max(
        complete, key=lambda trial: (sign * (trial.value or 0.0), -trial.number), default=None
    )
