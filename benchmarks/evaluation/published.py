"""Accuracies on FER2013 that others have published, to be seen beside a run but never ranked."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.store.records import Manifest

DATA_SET, CLASSES = "fer2013", 7
"""The data set that the figures are about, and how many classes it has."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A figure, whose it is, what it really is, and where it stands.

    ``accuracy`` is a fraction of 1, ``margin`` what the source gives as its uncertainty.
    ``line`` names it where it is drawn as a line of reference; blank: it is not.
    """

    who: str
    accuracy: float
    caveat: str
    source: str
    margin: float = 0.0
    line: str = ""


HUMAN = Published(
    who="Human",
    accuracy=0.65,
    margin=0.05,
    caveat="An estimate, with the margin that its source gives.",
    source="Goodfellow et al. 2013, arXiv:1307.0414",
    line="human",
)
SINGLE_VGG = Published(
    who="VGG",
    accuracy=0.727,
    caveat="A single network, PrivateTest.",
    source="Pramerdorfer & Kampel 2016, arXiv:1612.02903",
    line="published VGG",
)
PUBLISHED: tuple[Published, ...] = (
    Published(
        who="Ensemble",
        accuracy=0.752,
        caveat="Several networks together, PrivateTest: no single row here compares.",
        source="Pramerdorfer & Kampel 2016, arXiv:1612.02903",
    ),
    Published(
        who="ResNet50, VGGFace weights",
        accuracy=0.732,
        caveat="Trained with further data; VGG16 70.2, SENet50 72.5.",
        source="cs230-fer",
    ),
    SINGLE_VGG,
    Published(
        who="ResNet",
        accuracy=0.724,
        caveat="A single network, PrivateTest; Inception 71.6.",
        source="Pramerdorfer & Kampel 2016, arXiv:1612.02903",
    ),
    Published(
        who="Winner of the 2013 challenge",
        accuracy=0.712,
        caveat="A network trained with the loss of a support vector machine, PrivateTest.",
        source="Tang 2013, arXiv:1306.0239",
    ),
    Published(
        who="mini-Xception, released weights",
        accuracy=0.6581,
        caveat="Measured for ferbench on PrivateTest, not published; 65.1 on PublicTest and 74.6 "
        "on the images that it was trained on.",
        source="Arriaga et al. 2017, arXiv:1710.07557",
    ),
    HUMAN,
)
"""Most accurate first. No source reports its score without the test images that also stand in
the training images."""


def published_beside(manifest: Manifest) -> tuple[Published, ...]:
    """Return the figures that may stand beside a run: of the same data, classes and labels."""
    data, choice = manifest.data, manifest.protocol.data
    alike = data.name == DATA_SET and len(data.class_names) == CLASSES and choice.labels is None
    return PUBLISHED if alike else ()
