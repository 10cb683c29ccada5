"""Ensembles: rows that are made of what others answered, whenever a run is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.errors import InputError
from benchmarks.protocol.schema import EnsembleChoice, Protocol
from benchmarks.protocol.views import SIZES
from benchmarks.store.records import (
    ENSEMBLE,
    TOGETHER,
    CostRecord,
    FitPredictions,
    FitRecord,
    FitResults,
    Predictions,
    VariantOutcome,
    VariantRecord,
    VariantResults,
)


def ensembles_of(
    protocol: Protocol, variants: Sequence[VariantResults]
) -> tuple[VariantResults, ...]:
    """Return the ensembles that ``protocol`` makes of ``variants``, in its order."""
    by_name = {variant.name: variant for variant in variants}
    return tuple(_ensemble(choice, by_name) for choice in protocol.ensembles)


def refuse_ensemble(run: Path, protocol: Protocol, name: str) -> None:
    """Raise ``InputError`` where ``name`` is an ensemble of ``run``: it has no training, no model.

    Whatever needs one of these asks this first.
    """
    for choice in protocol.ensembles:
        if choice.name == name:
            raise InputError(
                f"{run}/{name}: it is an ensemble of {_listed(choice.members)}, with no training "
                "and no model of its own; name one of its members"
            )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _ensemble(choice: EnsembleChoice, by_name: Mapping[str, VariantResults]) -> VariantResults:
    members = [by_name[name] for name in choice.members if name in by_name]
    fits = [fit for member in members for fit in member.fits]
    reason = _lacks(choice, by_name, len(fits))
    number = "" if reason else f" {len(fits)}"
    record = VariantRecord(
        name=choice.name,
        architecture=ENSEMBLE,
        initialisation="",
        strategy="",
        engine=ENSEMBLE,
        summary=f"the mean of the probabilities of{number} fits of {_listed(choice.members)}",
    )
    if reason:
        outcome = VariantOutcome("not run", reason)
        return VariantResults(record, outcome, members=choice.members)
    return VariantResults(
        record,
        VariantOutcome("ok"),
        fits=(_together(choice.name, fits),),
        cost=_cost(members),
        members=choice.members,
    )


def _lacks(choice: EnsembleChoice, by_name: Mapping[str, VariantResults], fits: int) -> str:
    """Say what an ensemble cannot be made for; blank where it can."""
    for name in choice.members:
        if name not in by_name:
            return f"the run has no row {name}"
        member = by_name[name]
        if not member.ranked:
            return f"its member {name}: {member.outcome.status}: {member.outcome.reason}"
    return "" if fits > 1 else "it would be of one fit"


def _together(name: str, fits: Sequence[FitResults]) -> FitResults:
    """Return what ``fits`` answer together."""
    return FitResults(
        record=FitRecord(variant=name, seed=TOGETHER),
        history=(),
        validation=_mean([fit.validation for fit in fits]),
        test=_mean([fit.test for fit in fits]),
        views={
            view: FitPredictions(
                _mean([fit.views[view].validation for fit in fits]),
                _mean([fit.views[view].test for fit in fits]),
            )
            for view in SIZES
            if all(view in fit.views for fit in fits)
        },
    )


def _mean(answered: Sequence[Predictions]) -> Predictions:
    """Return the mean of probabilities on the same images."""
    mean = np.mean([each.probabilities for each in answered], axis=0)
    return replace(answered[0], probabilities=mean)


def _cost(members: Sequence[VariantResults]) -> CostRecord:
    """Return what all fits cost together, as if one answered after the other."""
    devices = dict.fromkeys(member.cost.device for member in members if member.cost.device)
    sizes = {member.cost.batch_size for member in members}
    return CostRecord(
        parameters=_whole(_sum(members, lambda cost: cost.parameters)),
        macs=_whole(_sum(members, lambda cost: cost.macs)),
        latency_ms=_sum(members, lambda cost: cost.latency_ms),
        batch_latency_ms=_sum(members, lambda cost: cost.batch_latency_ms)
        if len(sizes) == 1
        else None,
        batch_size=sizes.pop() if len(sizes) == 1 else None,
        device=" and ".join(devices),
    )


def _sum(
    members: Sequence[VariantResults], read: Callable[[CostRecord], float | None]
) -> float | None:
    """Add up a cost over all fits; ``None`` where one member's is unknown."""
    costs = [read(member.cost) for member in members]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return None
    return sum(cost * len(member.fits) for cost, member in zip(known, members, strict=True))


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
