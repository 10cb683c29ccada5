"""What is scouted: the backbones that have weights at hand, and at which input sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.engines.contract import SCRATCH, InitialWeights
from benchmarks.engines.published import offers
from benchmarks.errors import InputError
from benchmarks.machine.environment import gpu
from benchmarks.scout.records import ScoutRow
from benchmarks.store.records import RunResults
from models.packaged import INSTALL
from models.registry import Architecture, Registry

LADDER = (48, 96, 224)
"""Input sizes beside the images' own, in pixels: a larger one often tells more than a backbone."""
APART = 1.5
"""How many times as large as the size before it another one is at least."""
CPU_SIDE, GPU_SIDE = 96, 224


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A backbone with the weights ``initialisation`` at an ``input_size`` in pixels.

    ``start`` are those of a file that lies on this machine, or none for a random start.
    """

    architecture: Architecture
    initialisation: str
    input_size: int
    start: InitialWeights = SCRATCH

    @property
    def sha256(self) -> str:
        """The digest of the file of its weights, blank for a random start."""
        return self.start.published.sha256 if self.start.published else ""

    @property
    def row(self) -> ScoutRow:
        """Its row of the table, as long as nothing is known of it."""
        return ScoutRow(
            architecture=self.architecture.name,
            initialisation=self.initialisation,
            input_size=self.input_size,
        )

    @property
    def name(self) -> str:
        """What it is called: ``vgg16.edges@48``."""
        return self.row.title


def find_candidates(
    registry: Registry, names: Sequence[str], side: int, sizes: Sequence[int]
) -> list[Candidate]:
    """Return the backbones with weights at hand, of ``names`` or of all, for images of ``side``.

    Each is asked at ``sizes`` pixels or, without them, at `default_sizes`. Raises ``ModelError``
    for an unknown name or a size that it cannot take, and ``InputError`` where no weights of a
    name, or none at all, are at hand.
    """
    at_hand = [offer for offer in offers(registry, tuple(dict.fromkeys(names))) if offer.file]
    found = [offer for offer in at_hand if not names or offer.architecture in names]
    for name in names or [""]:
        if not any(name in ("", offer.architecture) for offer in found):
            raise _nothing(registry, name)
    return [
        Candidate(
            architecture=registry[offer.architecture],
            initialisation=offer.initialisation,
            input_size=size,
            start=offer.start,
        )
        for offer in found
        for size in _sizes(registry[offer.architecture], side, sizes)
    ]


def candidates_of(run: RunResults, registry: Registry) -> list[Candidate]:
    """Return the candidates that are rows of ``run``: those whose published weights are at hand.

    Raises ``InputError`` where there is none.
    """
    side = max(run.manifest.data.image_shape[:2], default=0)
    rows = [variant.record for variant in run.variants]
    at_hand = [offer for offer in offers(registry) if offer.file]
    found = {
        (row.architecture, row.initialisation, row.input_size or side): Candidate(
            architecture=registry[row.architecture],
            initialisation=row.initialisation,
            input_size=row.input_size or side,
            start=offer.start,
        )
        for row in rows
        for offer in at_hand
        if (offer.architecture, offer.initialisation) == (row.architecture, row.initialisation)
    }
    if not found:
        raise InputError(
            f"{run.folder}: none of its rows starts from published weights that are at hand; "
            "ferbench weights lists those, and how to have the rest"
        )
    return list(found.values())


def default_sizes(architecture: Architecture, side: int) -> tuple[int, ...]:
    """Return the input sizes at which a backbone is scouted on images of ``side`` pixels.

    They are the images' own, or what the architecture takes at least, and those of `LADDER` above
    it: up to 224 pixels on a GPU, up to 96 without one. An architecture with an input size of its
    own has that alone.
    """
    if architecture.default_input:
        return (architecture.default_input,)
    largest = GPU_SIDE if gpu() else CPU_SIDE
    first = max(min(side, largest), architecture.minimum_input)
    return (first, *(size for size in LADDER if APART * first <= size <= largest))


def _sizes(architecture: Architecture, side: int, asked: Sequence[int]) -> Sequence[int]:
    for size in asked:
        if size < architecture.minimum_input:
            raise InputError(
                f"--size {size}: {architecture.name} takes images of at least "
                f"{architecture.minimum_input} pixels"
            )
    return tuple(dict.fromkeys(asked)) or default_sizes(architecture, side)


def _nothing(registry: Registry, name: str) -> InputError:
    if not name:
        return InputError(
            f"no published weights are at hand to scout with; install some: {INSTALL}, "
            "or see ferbench weights"
        )
    listed = list(offers(registry, (name,)))
    ways = [offer.remedy or f"name {offer.architecture}, which is" for offer in listed]
    said = ", or ".join(dict.fromkeys(ways))
    return InputError(f"{name}: its weights are not at hand; {said}")
