"""What the models of a run were trained with beyond the plain course, as prose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from types import MappingProxyType

from benchmarks.report.elements.numbers import listing, setting
from benchmarks.report.writing.prose import Sentence, cite
from benchmarks.store.keys import StoredValue
from benchmarks.store.records import RunResults
from models.registry import Recipe

TOLD: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "average_decay": (
            "what was validated, kept and scored is an exponential moving average of the "
            "weights with a decay of {}",
            ("tarvainen2017",),
        ),
    }
)
"""A field of a recipe → what is said of a value that is not its default, and by whose work."""


def levers(run: RunResults) -> Iterator[Sentence]:
    """Tell which models had which, out of the recipes that they were trained with."""
    for name, (words, works) in TOLD.items():
        for value, variants in _values(run, name).items():
            yield (f"For {listing(variants)}, {words.format(setting(value))}", cite(*works), ".")


def _values(run: RunResults, name: str) -> Mapping[StoredValue, list[str]]:
    """Return the variants by their value of the field ``name``, without those at its default."""
    default, found = asdict(Recipe())[name], defaultdict(list)
    for variant in run.variants:
        for value in dict.fromkeys(fit.record.recipe.get(name, default) for fit in variant.fits):
            if value != default:
                found[value].append(variant.name)
    return found
