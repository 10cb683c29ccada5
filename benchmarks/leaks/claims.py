"""Published accuracies on FER2013 that a mistake made, or may have made, and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.evaluation.published import SINGLE_VGG
from benchmarks.leaks.effect import MistakeEffect

REFERENCE = SINGLE_VGG.accuracy
REFERENCE_SOURCE = f"a single VGG on PrivateTest; {SINGLE_VGG.source}, published, not repeated here"

ClaimVerdict = Literal["large enough", "perhaps", "too small"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A figure, whose it is, and what is known of how it came about.

    ``mistake`` names the mistake that what is known points to; blank: none in particular.
    """

    figure: float
    who: str
    known: str
    mistake: str = ""


CLAIMS: tuple[Claim, ...] = (
    Claim(
        figure=0.96,
        who="Student projects' READMEs, the highest",
        known="Not known for each. Found in such projects: augmenting or oversampling before "
        "splitting, selecting on the test set, test images in training, random re-splits.",
    ),
    Claim(
        figure=0.8536,
        who="A student project's “85.36 % on FER2013”",
        known="Not known.",
    ),
    Claim(
        figure=0.80,
        who="Student projects' READMEs, the lowest",
        known="As for the highest.",
    ),
    Claim(
        figure=0.737,
        who="ResNet18, LetheSec",
        known="The best epoch is chosen on PrivateTest (read in its code).",
        mistake="select-on-test",
    ),
    Claim(
        figure=0.7328,
        who="VGG, Khaireddin & Chen, arXiv:2105.03588",
        known="The confusion matrix in the released notebook has PublicTest's class counts "
        "(read there).",
        mistake="validation-as-test",
    ),
    Claim(
        figure=0.7311,
        who="VGG19, WuJie1010",
        known="The best epoch is chosen on PrivateTest (read in its code); 71.50 % on PublicTest.",
        mistake="select-on-test",
    ),
    Claim(
        figure=0.632,
        who="Four-convolution tutorial CNN, atulapra",
        known="Validation and test are the same images (read in its code).",
        mistake="select-on-test",
    ),
)


def needed(claim: Claim) -> float:
    """Return the share of the errors of the reference that ``claim`` does without, at least 0."""
    return max(0.0, (claim.figure - REFERENCE) / (1 - REFERENCE))


def verdict(claim: Claim, effect: MistakeEffect) -> ClaimVerdict:
    """Tell whether a mistake of this ``effect`` would lift the reference to the claim's figure.

    A mistake counts by the share of the errors that it hides, since points alone would lift a
    good network above 100 %. Its whole interval must reach the claim to be large enough.
    """
    hidden = effect.errors_hidden
    if hidden.low >= needed(claim):
        return "large enough"
    return "perhaps" if hidden.high >= needed(claim) else "too small"


def lifted(share: float) -> float:
    """Return what the reference becomes once ``share`` of its errors is hidden."""
    return REFERENCE + (1 - REFERENCE) * share


def explanations(
    claim: Claim, effects: Sequence[MistakeEffect], wanted: ClaimVerdict
) -> list[MistakeEffect]:
    """Return the measured mistakes of which the verdict on ``claim`` is ``wanted``."""
    return [w for w in effects if w.measured and verdict(claim, w) == wanted]
