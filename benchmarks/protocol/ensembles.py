"""The ensembles of a protocol, checked against its rows before anything is prepared."""

from __future__ import annotations

from collections.abc import Collection

from benchmarks.errors import InputError, did_you_mean
from benchmarks.protocol.names import folded
from benchmarks.protocol.schema import EnsembleChoice, Protocol


def check_ensembles(protocol: Protocol, rows: Collection[str], added: Collection[str] = ()) -> None:
    """Raise ``InputError`` where an ensemble of ``protocol`` cannot be a row of it.

    ``rows`` are the names of the protocol's own rows, ``added`` those of rows from outside.
    """
    taken = {folded(name): name for name in (*rows, *added)}
    for index, ensemble in enumerate(protocol.ensembles):
        if wrong := _wrong(ensemble, rows, taken, len(protocol.fit.seeds)):
            raise InputError(f"ensembles[{index}]: {wrong}")
        taken[folded(ensemble.name)] = ensemble.name


def _wrong(
    ensemble: EnsembleChoice, rows: Collection[str], taken: dict[str, str], seeds: int
) -> str:
    """Say what is wrong with an ensemble; blank where nothing is."""
    name = ensemble.name
    if other := taken.get(folded(name)):
        clash = "is the name of another row" if other == name else f"is too like {other!r}"
        return f"{name!r} {clash}; give the ensemble another name"
    for member in ensemble.members:
        if member not in rows:
            return f"no row {member!r}; {did_you_mean(member, rows, 'the rows are')}"
    if len(ensemble.members) * seeds < 2:
        return f"{name!r} would be of one fit; name a second member, or give fit.seeds several"
    return ""
