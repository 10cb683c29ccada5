"""Which fit ``RUN/VARIANT`` means."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.evaluation.records import FitResults, RunResults, VariantResults
from benchmarks.evaluation.run_results import read_run
from benchmarks.store import RunFolder


@dataclass(frozen=True, eq=False)
class ChosenFit:
    """One scored fit of a run and the folder that holds its model."""

    run: RunResults
    variant: VariantResults
    fit: FitResults
    folder: Path


def choose_fit(reference: str, seed: int | None) -> ChosenFit:
    """Return the fit of ``RUN/VARIANT`` with ``seed``, or with its lowest seed.

    Raises ``InputError`` where there is no such run, variant or seed, or the model is gone.
    """
    place, _, name = reference.rpartition("/")
    if not place or not name:
        raise InputError(f"{reference}: write RUN/VARIANT, for instance results/quick/plain-cnn")
    run = read_run(Path(place))
    by_name = {variant.name: variant for variant in run.variants}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=3) or sorted(by_name)
        raise InputError(f"{place}: no variant {name!r}; there are: {', '.join(near)}")
    variant = by_name[name]
    if not variant.fits:
        reason = variant.outcome.reason or variant.outcome.status
        raise InputError(f"{reference}: it has no model, as it {variant.outcome.status}: {reason}")
    by_seed = {fit.facts.seed: fit for fit in variant.fits}
    chosen = min(by_seed) if seed is None else seed
    if chosen not in by_seed:
        known = ", ".join(map(str, by_seed))
        raise InputError(f"{reference}: no fit with seed {chosen}; there are: {known}")
    folder = RunFolder(run.folder).fit(name, chosen)
    for file in by_seed[chosen].facts.model_files:
        if not (folder / file).is_file():
            raise InputError(f"{folder / file}: the model file is missing; carry out the run again")
    return ChosenFit(run, variant, by_seed[chosen], folder)
