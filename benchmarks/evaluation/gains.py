"""What transfer and augmentation gained: paired differences to the control of each variant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from benchmarks.evaluation.records import RunResults, VariantResults

AUGMENTED = {"augmented-cnn": "plain-cnn"}


@dataclass(frozen=True)
class Gain:
    """A variant's test accuracy less its control's, as fractions of 1.

    ``difference`` is of the means over seeds, on the same images; ``by_seed`` holds
    (seed, difference) for the seeds that both were fitted with.
    """

    kind: Literal["transfer", "augmentation"]
    variant: str
    control: str
    accuracy: float
    control_accuracy: float
    by_seed: tuple[tuple[int, float], ...]

    @property
    def difference(self) -> float:
        """Return the gain in mean accuracy; negative where the control is better."""
        return self.accuracy - self.control_accuracy


def gains(run: RunResults) -> tuple[Gain, ...]:
    """Compare each ranked variant that has a ranked control with it, transfer first."""
    return (*_transfer(run), *_augmentation(run))


def _transfer(run: RunResults) -> Iterator[Gain]:
    for variant in run.ranked:
        if variant.facts.initialisation != "scratch" and (control := _scratch(run, variant)):
            yield _gain("transfer", variant, control)


def _scratch(run: RunResults, variant: VariantResults) -> VariantResults | None:
    """Find the same architecture from scratch, with the same input size and augmentation.

    A frozen backbone has no scratch counterpart of its own strategy, so another strategy will do.
    """
    facts = variant.facts
    alike = [
        other
        for other in run.ranked
        if other.facts.initialisation == "scratch"
        and other.facts.architecture == facts.architecture
        and other.facts.input_size == facts.input_size
        and other.facts.augmentation == facts.augmentation
    ]
    same = [other for other in alike if other.facts.strategy == facts.strategy]
    return next(iter(same or alike), None)


def _augmentation(run: RunResults) -> Iterator[Gain]:
    by_architecture = {variant.facts.architecture: variant for variant in run.ranked}
    for augmented, plain in AUGMENTED.items():
        if augmented in by_architecture and plain in by_architecture:
            yield _gain("augmentation", by_architecture[augmented], by_architecture[plain])


def _gain(
    kind: Literal["transfer", "augmentation"], variant: VariantResults, control: VariantResults
) -> Gain:
    ours, theirs = _accuracies(variant), _accuracies(control)
    shared = sorted(ours.keys() & theirs.keys())
    return Gain(
        kind,
        variant.name,
        control.name,
        sum(ours.values()) / len(ours),
        sum(theirs.values()) / len(theirs),
        tuple((seed, ours[seed] - theirs[seed]) for seed in shared),
    )


def _accuracies(variant: VariantResults) -> dict[int, float]:
    return {fit.facts.seed: float(fit.test.correct.mean()) for fit in variant.fits}
