"""What can be said of every architecture without an engine: the rows of ``ferbench models``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.registry import Architecture, EngineName, Registry


@dataclass(frozen=True, kw_only=True)
class Row:
    """One architecture as a listing shows it; ``minimum_input`` in pixels."""

    name: str
    engine: EngineName
    summary: str
    source: str
    initialisations: tuple[str, ...]
    strategies: tuple[str, ...]
    minimum_input: int


def rows(registry: Registry) -> Iterator[Row]:
    """Yield a row for each architecture and each family's examples, by engine and name."""
    listed = dict(registry.architectures)
    for prefix, family in registry.families.items():
        listed |= {f"{prefix}:{name}": family.make(name) for name in family.examples}
    order = {"scikit-learn": 0, "keras": 1, "torch": 2}
    for found in sorted(listed.values(), key=lambda found: (order[found.engine], found.name)):
        yield _row(found)


def _row(found: Architecture) -> Row:
    return Row(
        name=found.name,
        engine=found.engine,
        summary=found.summary,
        source=found.source,
        initialisations=found.initialisations,
        strategies=found.strategies,
        minimum_input=found.minimum_input,
    )
