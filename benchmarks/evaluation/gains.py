"""What transfer and augmentation gained: paired differences to the control of each variant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from benchmarks.evaluation.comparison import Pair
from benchmarks.evaluation.statistics import Statistics
from benchmarks.store.records import RunResults, VariantResults

AUGMENTED = {"augmented-cnn": "plain-cnn"}
GainKind = Literal["transfer", "augmentation"]
Controlled = Iterator[tuple[GainKind, VariantResults, VariantResults]]


@dataclass(frozen=True)
class Gain:
    """A variant's test accuracy against its control's, as fractions of 1.

    ``pair`` compares the variant with its control on the same images; ``by_seed`` holds
    (seed, difference) for the seeds that both were fitted with.
    """

    kind: GainKind
    accuracy: float
    control_accuracy: float
    pair: Pair
    by_seed: tuple[tuple[int, float], ...]

    @property
    def variant(self) -> str:
        """The name of the variant."""
        return self.pair.first

    @property
    def control(self) -> str:
        """The name of its control."""
        return self.pair.second


def gains(run: RunResults, statistics: Statistics) -> tuple[Gain, ...]:
    """Compare each ranked variant that has a ranked control with it, transfer first."""
    return tuple(
        _gain(kind, variant, control, statistics.pair(variant.name, control.name))
        for kind, variant, control in (*_transfer(run), *_augmentation(run))
    )


def _transfer(run: RunResults) -> Controlled:
    for variant in run.ranked:
        if variant.record.initialisation != "scratch" and (control := _scratch(run, variant)):
            yield "transfer", variant, control


def _scratch(run: RunResults, variant: VariantResults) -> VariantResults | None:
    """Find the same architecture from scratch, with the same input size and augmentation.

    A frozen backbone has no scratch counterpart of its own strategy, so another strategy will do.
    """
    record = variant.record
    alike = [
        other
        for other in run.ranked
        if other.record.initialisation == "scratch"
        and other.record.architecture == record.architecture
        and other.record.input_size == record.input_size
        and other.record.augmentation == record.augmentation
    ]
    same = [other for other in alike if other.record.strategy == record.strategy]
    return next(iter(same or alike), None)


def _augmentation(run: RunResults) -> Controlled:
    by_architecture = {variant.record.architecture: variant for variant in run.ranked}
    for augmented, plain in AUGMENTED.items():
        if augmented in by_architecture and plain in by_architecture:
            yield "augmentation", by_architecture[augmented], by_architecture[plain]


def _gain(kind: GainKind, variant: VariantResults, control: VariantResults, pair: Pair) -> Gain:
    ours, theirs = _accuracies(variant), _accuracies(control)
    shared = sorted(ours.keys() & theirs.keys())
    return Gain(
        kind=kind,
        accuracy=sum(ours.values()) / len(ours),
        control_accuracy=sum(theirs.values()) / len(theirs),
        pair=pair,
        by_seed=tuple((seed, ours[seed] - theirs[seed]) for seed in shared),
    )


def _accuracies(variant: VariantResults) -> dict[int, float]:
    return {fit.record.seed: fit.test.accuracy for fit in variant.fits}
