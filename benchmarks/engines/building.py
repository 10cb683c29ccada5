"""What an architecture's code builds and answers, checked before it is trained on or believed."""

from __future__ import annotations

from collections.abc import Sequence

from models.registry import Architecture, BuildRequest, ModelError, Network


def built_network(architecture: Architecture, request: BuildRequest) -> Network:
    """Build a network of two parts; raises ``ModelError`` where something else is built."""
    built = architecture.build(request)
    if not isinstance(built, Network):
        raise ModelError(
            f"{architecture.name}: its code returns {type(built).__name__}; "
            "expected models.registry.Network, a backbone and a head"
        )
    return built


def refuse_shape(name: str, found: Sequence[int | None], wanted: Sequence[int | None]) -> None:
    """Raise ``ModelError`` where the answers of the network ``name`` are not ``wanted``."""
    if tuple(found) != tuple(wanted):
        raise ModelError(
            f"{name}: it answers with {_shape(found)}; expected {_shape(wanted)}, images × classes"
        )


def _shape(sizes: Sequence[int | None]) -> str:
    return "×".join("N" if size is None else str(size) for size in sizes) or "a single number"
