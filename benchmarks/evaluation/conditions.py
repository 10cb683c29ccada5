"""Sameness: one precision, thread count, hardware and set of versions for all ranked rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.engines.registry import engines
from benchmarks.store.records import RunResults, VariantResults

HARDWARE = "hardware"
PRECISION = "precision"


@dataclass(frozen=True)
class Condition:
    """One condition of training and its values: value → the variants that had it.

    ``usual`` is what the protocol asks for, or else the value of most rows.
    """

    name: str
    values: dict[str, tuple[str, ...]]
    usual: str

    @property
    def departures(self) -> dict[str, str]:
        """Return variant → value for the rows that differ from the usual one."""
        return {
            variant: value
            for value, variants in self.values.items()
            if value != self.usual
            for variant in variants
        }


def conditions(run: RunResults) -> tuple[Condition, ...]:
    """Return the conditions of all ranked rows: precision, threads, hardware, then libraries.

    A library is a condition of those rows that use it. What a row does not record is left out,
    and so are rows from outside.
    """
    requested = {PRECISION: run.manifest.precision, "threads": str(run.manifest.threads or "")}
    found: dict[str, dict[str, str]] = {PRECISION: {}, "threads": {}, HARDWARE: {}}
    for variant in run.ranked:
        for name, value in _recorded(variant) if not variant.external else ():
            found.setdefault(name, {})[variant.name] = value
    return tuple(
        _condition(name, by_variant, requested.get(name, ""))
        for name, by_variant in found.items()
        if by_variant
    )


def hardware(variant: VariantResults) -> str:
    """Return the hardware that a variant was fitted and timed on; blank where none is recorded."""
    return _joined([*(fit.record.device for fit in variant.fits), variant.cost.device])


def timed_apart(run: RunResults) -> frozenset[str]:
    """Name the ranked variants whose times do not compare with most rows': other hardware."""
    found = [c for c in conditions(run) if c.name == HARDWARE]
    return frozenset(variant for condition in found for variant in condition.departures)


def departures(run: RunResults) -> dict[str, tuple[str, ...]]:
    """Return variant → what was not as usual for its row: ``float32, not bfloat16``.

    The precision of an engine that has no other is no departure.
    """
    found: dict[str, list[str]] = {}
    bound = {v.name for v in run.variants if _has_one_precision(v.record.engine)}
    for condition in conditions(run):
        unit = {PRECISION: "", "threads": "threads ", HARDWARE: ""}.get(
            condition.name, f"{condition.name} "
        )
        for variant, value in condition.departures.items():
            if condition.name == PRECISION and variant in bound:
                continue
            found.setdefault(variant, []).append(f"{unit}{value}, not {condition.usual}")
    return {variant: tuple(what) for variant, what in found.items()}


def _has_one_precision(engine: str) -> bool:
    spec = engines().get(engine)
    return spec is not None and len(spec.precisions) == 1


def _condition(name: str, by_variant: dict[str, str], requested: str) -> Condition:
    values: dict[str, tuple[str, ...]] = {}
    for variant, value in by_variant.items():
        values[value] = (*values.get(value, ()), variant)
    common = Counter(by_variant.values()).most_common(1)[0][0]
    return Condition(name, values, requested if requested in values else common)


def _recorded(variant: VariantResults) -> Iterator[tuple[str, str]]:
    fits = [fit.record for fit in variant.fits]
    known = {
        PRECISION: _joined([fit.precision for fit in fits]),
        "threads": _joined([str(fit.threads or "") for fit in fits]),
        HARDWARE: hardware(variant),
    }
    for library in sorted({name for fit in fits for name in fit.versions}):
        known[library] = _joined([fit.versions.get(library, "") for fit in fits])
    yield from ((name, value) for name, value in known.items() if value)


def _joined(values: list[str]) -> str:
    return " and ".join(dict.fromkeys(value for value in values if value))
