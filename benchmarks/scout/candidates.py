"""What is scouted: the backbones that have weights at hand, and at which input sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks.engines.contract import SCRATCH, InitialWeights
from benchmarks.engines.published import Offer, offers
from benchmarks.errors import InputError
from benchmarks.evaluation.origin import DIGITS
from benchmarks.machine.environment import gpu
from benchmarks.scout.records import ScoutRow
from benchmarks.store.records import RunResults, VariantResults
from models.packaged import INSTALL
from models.registry import UNPUBLISHED, Architecture, ModelError, Registry

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


def candidates_of(run: RunResults, registry: Registry) -> tuple[list[Candidate], list[ScoutRow]]:
    """Return the rows of ``run`` that start from published weights, as far as those are at hand.

    The rest are returned too, left out with the reason. A row that was fitted is scouted from the
    weights of its fits alone. Raises ``InputError`` where nothing is left to scout.
    """
    side = max(run.manifest.data.image_shape[:2], default=0)
    found: dict[str, Candidate] = {}
    missing: dict[str, ScoutRow] = {}
    for variant in filter(_published, run.variants):
        row = _row_of(variant, side)
        try:
            found[row.title] = _candidate_of(variant, row, registry)
        except (InputError, ModelError) as error:
            missing[row.title] = replace(row, status="left out", reason=str(error))
    left_out = [row for title, row in missing.items() if title not in found]
    if not found:
        said = "; ".join(f"{row.title}: {row.reason}" for row in left_out)
        raise InputError(f"{run.folder}: {said or 'no row of it starts from published weights'}")
    return list(found.values()), left_out


def _published(variant: VariantResults) -> bool:
    kind = variant.record.initialisation.partition(":")[0]
    return not variant.external and kind not in UNPUBLISHED


def _row_of(variant: VariantResults, side: int) -> ScoutRow:
    record = variant.record
    return ScoutRow(
        architecture=record.architecture,
        initialisation=record.initialisation,
        input_size=record.input_size or side,
    )


def _candidate_of(variant: VariantResults, row: ScoutRow, registry: Registry) -> Candidate:
    return Candidate(
        architecture=registry[row.architecture],
        initialisation=row.initialisation,
        input_size=row.input_size,
        start=_start_of(variant, registry),
    )


def _start_of(variant: VariantResults, registry: Registry) -> InitialWeights:
    """Return the weights at hand that a row of a run started from, or would.

    Raises ``InputError`` where there are none, ``ModelError`` for an unknown architecture.
    """
    record = variant.record
    listed = list(offers(registry, (record.architecture,)))
    alike = [offer for offer in listed if offer.initialisation == record.initialisation]
    used = {fit.record.weights.sha256 for fit in variant.fits if fit.record.weights}
    at_hand = [offer for offer in alike if offer.file]
    for offer in at_hand:
        if offer.sha256 in used if used else offer.architecture == record.architecture:
            return offer.start
    if used and at_hand:
        others = ", ".join(f"{offer.architecture} {offer.sha256[:DIGITS]}" for offer in at_hand)
        theirs = ", ".join(sorted(digest[:DIGITS] for digest in used))
        raise InputError(f"its weights ({theirs}) are not at hand, but others are ({others})")
    raise InputError(_absent(alike))


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
    return InputError(f"{name}: {_absent(offers(registry, (name,)))}")


def _absent(listed: Iterable[Offer]) -> str:
    ways = [offer.remedy or f"name {offer.architecture}, which is" for offer in listed]
    said = ", or ".join(dict.fromkeys(ways)) or "nobody publishes them"
    return f"its weights are not at hand; {said}"
