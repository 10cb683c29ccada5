"""Published weights: what lies on this machine, and how to have the rest. Imports no engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks.engines.registry import engines, load
from benchmarks.engines.spec import CachedWeights
from datasets.files import sha256_of
from datasets.settings import offline
from models.packaged import INSTALL, PACKAGED, find_packaged, packaged_row
from models.registry import Architecture, ModelError, Registry

FETCHED = "fetched when a run asks"
FORBIDDEN = 'unset FERBENCH_OFFLINE once, or give initialisation = "file:PATH"'


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Weights that are published for an architecture.

    ``place`` and ``file`` say where they lie, ``None`` and blank where they do not; ``remedy``
    is then how to have them. ``licence`` is blank where ferbench does not know it.
    """

    architecture: str
    initialisation: str
    place: str = ""
    file: Path | None = None
    licence: str = ""
    remedy: str = ""

    @cached_property
    def sha256(self) -> str:
        """The digest of the file, blank where there is none."""
        return sha256_of(self.file) if self.file else ""


def offers(registry: Registry, names: Sequence[str] = ()) -> Iterator[Offer]:
    """Yield the published weights of the architectures ``names``.

    Without names: of all that are registered, the families' examples, and what packages and
    caches hold. Raises ``ModelError`` for a name that is unknown or has no published weights.
    """
    cached = _cached()
    for name in names or _all(registry, cached):
        architecture = registry[name]
        if not architecture.published:
            raise ModelError(f"{name}: nobody publishes weights for it; ferbench weights lists all")
        for initialisation in architecture.published:
            yield _offer(architecture, initialisation, cached)


def _all(registry: Registry, cached: Sequence[CachedWeights]) -> list[str]:
    own = [name for name, found in registry.architectures.items() if found.published]
    made = [f"{f.prefix}:{example}" for f in registry.families.values() for example in f.examples]
    there = [row.architecture for row in PACKAGED] + [weights.architecture for weights in cached]
    known = [name for name in there if name in own or name.partition(":")[0] in registry.families]
    return list(dict.fromkeys([*own, *known, *made]))


def _cached() -> list[CachedWeights]:
    finders = [load(spec.published) for spec in engines().values() if spec.published]
    return [weights for find in finders for weights in find()]


def _offer(
    architecture: Architecture, initialisation: str, cached: Sequence[CachedWeights]
) -> Offer:
    row = packaged_row(architecture.name, initialisation)
    offer = Offer(
        architecture=architecture.name,
        initialisation=initialisation,
        licence=row.licence if row else "",
        remedy=INSTALL if row else FORBIDDEN if offline() else FETCHED,
    )
    try:
        found = find_packaged(row) if row else None
    except ModelError as error:
        return replace(offer, remedy=str(error))
    if found:
        package = f"{found.about.distribution} {found.about.version}"
        return replace(offer, place=package, file=found.file, remedy="")
    return next(_in_caches(offer, cached), offer)


def _in_caches(offer: Offer, cached: Sequence[CachedWeights]) -> Iterator[Offer]:
    """Yield the offer with each file that is it; a tag of timm's stands for its network too."""
    for weights in cached:
        network, _, tag = weights.architecture.partition(".")
        alike = weights.initialisation == offer.initialisation
        if alike and offer.architecture in (weights.architecture, network):
            tagged = f" ({tag})" if tag and offer.architecture == network else ""
            place = f"{weights.place}{tagged}"
            yield replace(offer, place=place, file=weights.file, licence="", remedy="")
