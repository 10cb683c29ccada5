"""The rows of a merged run: from which of the joined runs each variant and seed is taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.errors import InputError
from benchmarks.protocol.canonical import first_difference
from benchmarks.protocol.names import refuse_shared
from benchmarks.store.files import as_stored
from benchmarks.store.folder import RunFolder
from benchmarks.store.records import (
    FitResults,
    Manifest,
    RunResults,
    VariantOutcome,
    VariantRecord,
    VariantResults,
)

EXACT = 53
"""Significant bits of probabilities that nothing was left of."""


@dataclass(frozen=True)
class RunPart:
    """One of the runs to join, and what it is called among them.

    ``bits`` are the significant ones of a kept run's probabilities, by variant.
    """

    name: str
    run: RunResults
    bits: Mapping[str, int] = field(default_factory=dict)

    @property
    def manifest(self) -> Manifest:
        """What was run, where and with what."""
        return self.run.manifest

    @property
    def place(self) -> Path:
        """The results folder."""
        return self.run.folder


@dataclass(frozen=True)
class Row:
    """One variant of the merged run, the part that it is taken from, and its ``fits`` by seed.

    Fits with further seeds may come from other parts. ``outcome`` says how the row ended, and
    ``remark`` what was decided where several parts have it.
    """

    name: str
    part: RunPart
    fits: Mapping[int, RunPart]
    outcome: VariantOutcome
    remark: str = ""

    def seeds_of(self, part: RunPart) -> tuple[int, ...]:
        """Return the seeds of the fits that are taken from ``part``."""
        return tuple(seed for seed, other in self.fits.items() if other is part)

    def takes(self, part: RunPart, seed: int | None) -> bool:
        """Tell whether what ``part`` did with ``seed``, or with none, is part of the row."""
        return self.fits.get(seed, self.part) is part if seed is not None else self.part is part


def joined_rows(parts: Sequence[RunPart]) -> list[Row]:
    """Choose the parts that each variant is taken from, in the order in which they come."""
    names = dict.fromkeys(variant.name for part in parts for variant in part.run.variants)
    refuse_shared(names)
    return [_row(name, parts) for name in names]


def seeds_of(parts: Sequence[RunPart]) -> tuple[int, ...]:
    """Return the seeds of all parts, in the order in which they come."""
    return tuple(dict.fromkeys(seed for part in parts for seed in part.manifest.seeds))


def _row(name: str, parts: Sequence[RunPart]) -> Row:
    having = [part for part in parts if name in entries(part)]
    ranked = [part for part in having if _variant(part, name).ranked]
    for other in ranked[1:]:
        _require_same_row(name, other, ranked[0])
    fits: dict[int, RunPart] = {}
    for part in ranked:
        for fit in _variant(part, name).fits:
            known = fits.setdefault(fit.record.seed, part)
            if _has_model(part, fit) and not _has_model(known, _fit(known, fit)):
                fits[fit.record.seed] = part
    chosen = next((fits[seed] for seed in seeds_of(parts) if seed in fits), having[0])
    outcome = _variant(chosen, name).outcome
    lost = [(part, _variant(part, name).outcome) for part in having if part not in ranked]
    told = [f"{part.name} ({left.status}: {left.reason})" for part, left in lost if left != outcome]
    remark = f"{name}: taken from {chosen.name}, not from {', '.join(told)}" if told else ""
    return Row(name, chosen, fits, _completed(name, outcome, fits, parts), remark)


def _completed(
    name: str, outcome: VariantOutcome, fits: Mapping[int, RunPart], parts: Sequence[RunPart]
) -> VariantOutcome:
    """Return the ``outcome`` of a row, which is not run where it lacks the seed of another."""
    external = any(name in entries(p) and _variant(p, name).external for p in parts)
    lacking = [str(seed) for seed in seeds_of(parts) if seed not in fits]
    if outcome.status != "ok" or external or not lacking:
        return outcome
    seeds = f"seed {lacking[0]}" if len(lacking) == 1 else f"seeds {', '.join(lacking)}"
    return VariantOutcome("not run", f"none of the joined runs has its fit with {seeds}")


def _require_same_row(name: str, other: RunPart, chosen: RunPart) -> None:
    """Refuse two results of one variant unless they are the same, to the bits that are kept.

    Results with different seeds must have been trained alike.
    """
    places = f"{name} is in {other.place} and in {chosen.place}"
    ours, theirs = (asdict(entries(part)[name]) for part in (other, chosen))
    if found := first_difference(ours, theirs):
        raise InputError(f"{places}, and they are not the same variant: {found}")
    fits = [{f.record.seed: f for f in _variant(part, name).fits} for part in (other, chosen)]
    asked = set(other.manifest.seeds) & set(chosen.manifest.seeds)
    for seed in sorted(asked & (fits[0].keys() | fits[1].keys())):
        one, two = (each.get(seed) for each in fits)
        if found := _fits_differ(
            one, two, {part.bits.get(name, EXACT) for part in (other, chosen)}
        ):
            raise InputError(f"{places} with other results: seed {seed}: {found}")
    trained, alike = (_trained(next(iter(each.values()))) for each in fits)
    if found := first_difference(trained, alike):
        raise InputError(f"{places}, and their seeds were not trained alike: {found}")


def _trained(fit: FitResults) -> dict[str, Any]:
    """Return how a fit was trained, but for its seed."""
    return {name: value for name, value in _identity(fit).items() if name != "seeds"}


def _identity(fit: FitResults) -> dict[str, Any]:
    return as_stored(fit.record.identity) if fit.record.identity else {}


def _fits_differ(
    one: FitResults | None, two: FitResults | None, bits: Collection[int]
) -> str | None:
    """Say how two fits of one variant and seed differ, or return ``None``.

    ``bits`` are the significant ones of the probabilities of both: one number where they are
    alike. Rounding to different ones, and dividing by the sum, moves a probability by less than
    four units of the last bit that both have.
    """
    if one is None or two is None:
        return "only one of them has it"
    if found := first_difference(_identity(one), _identity(two)):
        return found
    pairs = ((one.validation, two.validation), (one.test, two.test))
    near = 2.0 ** (2 - min(bits)) if len(bits) > 1 else 0.0
    same = all(
        np.allclose(a.probabilities, b.probabilities, rtol=near, atol=0)
        and np.array_equal(a.answers, b.answers)
        for a, b in pairs
    )
    if same and one.record.key == two.record.key:
        return None
    return f"accuracy {one.test.accuracy:.4f} and {two.test.accuracy:.4f}"


def entries(part: RunPart) -> dict[str, VariantRecord]:
    """Return what was asked of each row of ``part``, by name."""
    return {record.name: record for record in part.manifest.variants}


def _has_model(part: RunPart, fit: FitResults) -> bool:
    """Tell whether ``part`` holds the model of a ``fit``; kept runs have left most behind."""
    folder = RunFolder(part.place).fit(fit.record.variant, fit.record.seed)
    files = fit.record.model_files
    return bool(files) and all((folder / file).is_file() for file in files)


def _fit(part: RunPart, like: FitResults) -> FitResults:
    """Return the fit of ``part`` with the variant and seed of another part's."""
    fits = _variant(part, like.record.variant).fits
    return next(fit for fit in fits if fit.record.seed == like.record.seed)


def _variant(part: RunPart, name: str) -> VariantResults:
    return next(variant for variant in part.run.variants if variant.name == name)
