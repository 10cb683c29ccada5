"""Published weights: what lies on this machine, and how to have the rest. Imports no engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from benchmarks.engines.contract import SCRATCH, InitialWeights
from benchmarks.engines.registry import engines, load
from benchmarks.engines.spec import CachedWeights
from datasets.files import sha256_of
from datasets.settings import offline
from models.packaged import INSTALL, PACKAGED, find_packaged, packaged_row
from models.registry import Architecture, ModelError, PublishedWeights, Registry

FETCHED = "fetched when a run asks"
FORBIDDEN = 'unset FERBENCH_OFFLINE once, or give initialisation = "file:PATH"'


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Weights that are published for an architecture.

    ``place`` and ``file`` say where they lie, blank and ``None`` where they do not; ``remedy``
    is then how to have them. ``licence`` is blank where ferbench does not know it; ``packaged`` is
    what is known of those that a package carries.
    """

    architecture: str
    initialisation: str
    place: str = ""
    file: Path | None = None
    licence: str = ""
    remedy: str = ""
    packaged: PublishedWeights | None = None

    @cached_property
    def sha256(self) -> str:
        """The digest of the file, blank where there is none."""
        return sha256_of(self.file) if self.file else ""

    @property
    def start(self) -> InitialWeights:
        """What a network starts from that takes this very file, and looks for no other."""
        if self.file is None:
            return SCRATCH
        cached = PublishedWeights(
            initialisation=self.initialisation, name=self.file.name, sha256=self.sha256
        )
        return InitialWeights(file=self.file, published=self.packaged or cached)


def offers(registry: Registry, names: Sequence[str] = ()) -> Iterator[Offer]:
    """Yield the published weights of the architectures ``names``.

    Without names: of all that are registered, the families' examples, and what packages and
    caches hold. Tags that lie in a cache come after the name of their network, which takes the
    one that its library chooses: which that is, only the library knows. Raises ``ModelError`` for
    a name that is unknown or has no published weights.
    """
    cached = _cached()
    for name in _with_tags(names, cached) or _all(registry, cached):
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


def _with_tags(names: Sequence[str], cached: Sequence[CachedWeights]) -> list[str]:
    tagged = [weights.architecture for weights in cached]
    found = [[name, *(tag for tag in tagged if tag.startswith(f"{name}."))] for name in names]
    return list(dict.fromkeys(chain.from_iterable(found)))


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
        return replace(offer, place=package, file=found.file, remedy="", packaged=found.about)
    wanted = (offer.architecture, offer.initialisation)
    for weights in cached:
        if (weights.architecture, weights.initialisation) == wanted:
            return replace(offer, place=weights.place, file=weights.file, licence="", remedy="")
    return offer
