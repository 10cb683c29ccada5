"""What tuning came to: the literature's defaults against what it chose, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.metrics import metric_of
from benchmarks.store.records import RunResults, TrialRecord, VariantResults

DEFAULTS = 0
"""The number of the trial that has the literature's defaults."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """The study of one variant; values are of the selection metric on validation.

    ``tuned`` is that of trial ``chosen`` and ``default`` that of trial 0, both after ``epoch``
    epochs, the last that both reached. ``images`` are those that all ``trials`` saw; ``plain``
    those that they would have seen had each been trained as long as the final fit.
    """

    variant: str
    trials: int
    chosen: int
    epoch: int
    default: float
    tuned: float
    higher_is_better: bool
    images: int
    plain: int

    @property
    def gain(self) -> float:
        """By how much what was chosen is better than the defaults; above 0 is better."""
        difference = self.tuned - self.default
        return difference if self.higher_is_better else -difference

    @property
    def share(self) -> float:
        """The images that were seen as a share of those of a plain search."""
        return self.images / self.plain


def searches(run: RunResults) -> tuple[Search, ...]:
    """Return the study of each variant that was fitted after trials of more than the defaults."""
    higher = metric_of(run.manifest.protocol.selection).higher_is_better
    found = (_search(variant, higher) for variant in run.variants)
    return tuple(search for search in found if search is not None)


def _search(variant: VariantResults, higher: bool) -> Search | None:
    by_number = {trial.number: trial for trial in variant.trials if trial.intermediate}
    default = by_number.get(DEFAULTS)
    chosen = _chosen(list(by_number.values()), higher)
    if default is None or chosen is None or not variant.fits or len(variant.trials) < 2:
        return None
    identity = variant.fits[0].record.identity
    shared = default.intermediate.keys() & chosen.intermediate.keys()
    if identity is None or not identity.epochs or not shared:
        return None
    epoch = max(shared)
    an_epoch = default.images_seen / max(default.intermediate)
    return Search(
        variant=variant.name,
        trials=len(variant.trials),
        chosen=chosen.number,
        epoch=epoch,
        default=default.intermediate[epoch],
        tuned=chosen.intermediate[epoch],
        higher_is_better=higher,
        images=sum(trial.images_seen for trial in variant.trials),
        plain=round(len(variant.trials) * identity.epochs * an_epoch),
    )


def _chosen(trials: Sequence[TrialRecord], higher: bool) -> TrialRecord | None:
    """Return the best of the trials that reached the last rung; of equals the first."""
    complete = [trial for trial in trials if trial.state == "complete" and trial.value is not None]
    return max(
        complete,
        key=lambda trial: ((trial.value or 0.0) * (1 if higher else -1), -trial.number),
        default=None,
    )
