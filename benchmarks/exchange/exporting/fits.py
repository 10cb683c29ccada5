"""The fit that is to be exported, with all that it scored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import choose
from benchmarks.store.reading import read_run, refuse_mistaken
from benchmarks.store.records import FitResults, RunResults, VariantResults


@dataclass(frozen=True, eq=False)
class ScoredFit:
    """One scored fit of a run and the folder that holds its model."""

    run: RunResults
    variant: VariantResults
    fit: FitResults
    folder: Path


def scored_fit(reference: str, seed: int | None) -> ScoredFit:
    """Return the fit of ``RUN/VARIANT`` with ``seed``, or with the first one.

    Raises ``InputError`` where there is no such run, variant or seed, the model is gone, or
    the run makes a mistake on purpose.
    """
    chosen = choose(reference, seed)
    refuse_mistaken(chosen.run)
    run = read_run(chosen.run)
    variant = next(each for each in run.variants if each.name == chosen.variant.name)
    for fit in variant.fits:
        if fit.record.seed == chosen.fit.seed:
            return ScoredFit(run, variant, fit, chosen.folder)
    raise InputError(f"{chosen.folder}: not scored yet; go on with the run first")
