"""The mistakes that a run can make on purpose, and the honest counterparts beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

MistakeName = Literal[
    "select-on-test",
    "tune-on-test",
    "test-in-training",
    "random-re-split",
    "oversample-before-split",
    "augment-before-split",
]
CounterpartName = Literal["grouped-re-split", "oversample-after-split", "augment-after-split"]

ALTERED = "#altered"
"""What is added to the path of an image to name its altered copy."""

HONEST = "honest"
"""The name of the run that makes no mistake and keeps the data set's own split."""

COUNTERPARTS: Mapping[str, str] = MappingProxyType(
    {
        "grouped-re-split": "all images are pooled and split anew, "
        "with all copies of a picture on one side",
        "oversample-after-split": "all images are pooled and split anew, with all copies of a "
        "picture on one side; then the smaller classes of the training images alone are filled up "
        "with copies",
        "augment-after-split": "all images are pooled and split anew, with all copies of a "
        "picture on one side; then each training image, and no other, gets an altered copy",
    }
)
"""What each counterpart does: the right way to do what a mistake does wrongly."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A common mistake: what is done, and the honest run that differs in nothing else.

    ``trained`` tells a mistake that needs a training of its own from one of reporting alone.
    ``same_images`` tells whether its score and that of ``counterpart`` are for the same images.
    """

    name: str
    title: str
    told: str
    counterpart: str = HONEST
    trained: bool = True
    same_images: bool = True


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        name="select-on-test",
        title="Selecting on the test set",
        told="the score on the test images chooses the best epoch and stops the training",
    ),
    Mistake(
        name="tune-on-test",
        title="Tuning on the test set",
        told="the score on the test images chooses the hyperparameters",
    ),
    Mistake(
        name="best-of-seeds",
        title="Reporting the best of several seeds",
        told="the network is trained with several seeds, and the best test score is reported",
        trained=False,
    ),
    Mistake(
        name="validation-as-test",
        title="Reporting validation as test",
        told="the score on the validation images, which have chosen the epoch and the "
        "hyperparameters, is reported as if they had not",
        trained=False,
        same_images=False,
    ),
    Mistake(
        name="random-re-split",
        title="A random re-split that parts duplicates",
        told="all images are pooled and split anew, image by image and at random, "
        "so that copies of one picture stand on both sides",
        counterpart="grouped-re-split",
        same_images=False,
    ),
    Mistake(
        name="oversample-before-split",
        title="Oversampling before the split",
        told="the smaller classes are filled up with copies of their images, and all is split "
        "afterwards at random, so that copies of training images stand among the test images",
        counterpart="oversample-after-split",
        same_images=False,
    ),
    Mistake(
        name="augment-before-split",
        title="Augmenting before the split",
        told="each image gets an altered copy (mirrored, turned, shifted, zoomed), and all is "
        "split afterwards at random, so that an image is trained on and its copy is tested on",
        counterpart="augment-after-split",
        same_images=False,
    ),
    Mistake(
        name="test-in-training",
        title="Test images in training",
        told="the network is trained on all images, those of the test set among them",
    ),
)


def announcement(mistake: str | None, counterpart: str | None) -> str:
    """Say in a sentence what a run of the leak laboratory does; empty for any other run."""
    if mistake:
        told = next(m.told for m in MISTAKES if m.name == mistake)
        return (
            f"This run makes a known mistake on purpose: {told}. "
            "Its scores say nothing about the network and are never ranked."
        )
    if counterpart:
        return (
            f"A counterpart in the leak laboratory: {COUNTERPARTS[counterpart]}. "
            "It is honest, but compares with the mistake beside it alone."
        )
    return ""
