"""Which fitted model ``RUN[/VARIANT]`` means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import InputError, did_you_mean
from benchmarks.evaluation.scores import score
from benchmarks.machine.versions import installed
from benchmarks.metrics import metric_of
from benchmarks.store.ensembles import refuse_ensemble
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import NO_MODELS, is_kept, kept_models, refuse_kept
from benchmarks.store.models import require_model
from benchmarks.store.reading import (
    read_fit,
    read_manifest,
    read_run,
    read_statuses,
    refuse_mistaken,
)
from benchmarks.store.records import (
    EXTERNAL,
    FitRecord,
    FitResults,
    Manifest,
    RunResults,
    VariantRecord,
    VariantResults,
)
from benchmarks.store.references import find_reference


@dataclass(frozen=True, kw_only=True)
class ChosenFit:
    """One fit that stands for a variant; ``folder`` is the fit's, ``why`` is told to people."""

    run: Path
    manifest: Manifest
    variant: VariantRecord
    fit: FitRecord
    folder: Path
    why: str

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the probabilities."""
        return self.manifest.data.class_names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that the model takes."""
        height, width, channels = self.manifest.data.image_shape
        return height, width, channels

    def differing_versions(self) -> dict[str, tuple[str, str | None]]:
        """Return library → (version it was fitted with, version here) where they differ."""
        known = self.fit.versions.items()
        return {name: (then, now) for name, then in known if (now := installed(name)) != then}


@dataclass(frozen=True, eq=False)
class ScoredFit:
    """One scored fit of a run and the folder that holds its model."""

    run: RunResults
    variant: VariantResults
    fit: FitResults
    folder: Path


def resolve_fit(reference: str, seed: int | None = None) -> ChosenFit:
    """Return the fit that ``RUN`` or ``RUN/VARIANT`` means; raises ``InputError``.

    A run without a variant means the variant with the best mean over its seeds on the
    *validation* split, in the protocol's selection metric: the test set chooses nothing; of a
    kept run it means the one whose model was kept, the first if there are several. A
    variant means its fit with the first seed unless ``seed`` is given, the one that was timed;
    the leaderboard's accuracy is that of single fits, not of an ensemble of them.
    """
    found = find_reference(reference)
    if found is None:
        raise InputError(f"{reference}: not a results folder or a variant in one (RUN/VARIANT)")
    manifest = read_manifest(found.run)
    if found.variant:
        return fit_of(found.run, manifest, found.variant, "as asked", seed)
    name, why = _only(found.run, manifest) if is_kept(found.run) else _best(found.run)
    return fit_of(found.run, manifest, name, why, seed)


def resolve_scored_fit(reference: str, seed: int | None) -> ScoredFit:
    """Return the fit of ``RUN/VARIANT`` with ``seed``, or with the first one, and its scores.

    Raises ``InputError`` where there is no such run, variant or seed, the model is gone, or
    the run makes a mistake on purpose.
    """
    chosen = resolve_fit(reference, seed)
    refuse_kept(chosen.run, "no labels to score its model by; take it from the run itself")
    refuse_mistaken(chosen.run)
    run = read_run(chosen.run)
    variant = next(each for each in run.variants if each.name == chosen.variant.name)
    for fit in variant.fits:
        if fit.record.seed == chosen.fit.seed:
            return ScoredFit(run, variant, fit, chosen.folder)
    raise InputError(f"{chosen.folder}: not scored yet; go on with the run first")


def fit_of(
    run: Path, manifest: Manifest, name: str, why: str, seed: int | None = None
) -> ChosenFit:
    """Return the fit of the variant ``name`` with ``seed``, or the first; raises ``InputError``."""
    refuse_ensemble(run, manifest.protocol, name)
    variants = {variant.name: variant for variant in manifest.variants}
    if name not in variants:
        raise InputError(f"{run}: no variant {name!r}; {did_you_mean(name, variants)}")
    place = RunFolder(run)
    if len(manifest.data.image_shape) != 3:
        raise InputError(f"{run}: its {place.manifest.name} does not tell data.image_shape")
    if variants[name].engine == EXTERNAL:
        raise InputError(f"{run}/{name}: came from outside; use its own file")
    outcome = read_statuses(run).get(name)
    if outcome is not None and outcome.status != "ok":
        raise InputError(f"{run}/{name}: {outcome.status}: {outcome.reason}")
    folders = _fits_of(run, name, seed)
    for folder in folders:
        fit = read_fit(folder)
        if fit.variant == name and _has_model(folder, fit):
            return ChosenFit(
                run=run,
                manifest=manifest,
                variant=variants[name],
                fit=fit,
                folder=folder,
                why=why,
            )
    refuse_kept(run, NO_MODELS)
    there = folders[0] if folders else place.variant(name)
    raise InputError(f"{there}: holds no model; copy it there, or run the protocol again")


def _fits_of(run: Path, name: str, seed: int | None) -> list[Path]:
    """Return the fits of a variant, by seed; of a kept run those whose model was kept.

    Raises ``InputError`` where a model that was kept is no longer as it was.
    """
    place = RunFolder(run)
    seeds = [known for known in place.seeds(name) if seed in (None, known)]
    if seed is not None and not seeds:
        known = ", ".join(map(str, place.seeds(name))) or "none"
        raise InputError(f"{run}/{name}: no fit with seed {seed}; there are: {known}")
    if not is_kept(run):
        return [place.fit(name, each) for each in seeds]
    wanted = None if seed is None else place.fit(name, seed)
    of_variant = [fit for fit in kept_models(run) if fit.parent == place.variant(name)]
    found = [fit for fit in of_variant if wanted in (None, fit)]
    for fit in found:
        require_model(fit)
    return found


def usable(run: Path, manifest: Manifest) -> tuple[str, ...]:
    """Return the names of the variants that have a model, in the manifest's order."""
    names = []
    for variant in manifest.variants:
        try:
            fit_of(run, manifest, variant.name, "")
        except InputError:
            continue
        names.append(variant.name)
    return tuple(names)


def _only(run: Path, manifest: Manifest) -> tuple[str, str]:
    """Return the variant of a kept run whose model was kept too, the first of several."""
    folders = {fit.parent for fit in kept_models(run)}
    names = [variant.name for variant in manifest.variants]
    kept = [name for name in names if RunFolder(run).variant(name) in folders]
    if not kept:
        refuse_kept(run, NO_MODELS)
    if len(kept) == 1:
        return kept[0], "whose model was kept"
    return kept[0], f"the first of {len(kept)} whose models were kept; RUN/VARIANT takes another"


def _best(run: Path) -> tuple[str, str]:
    """Return the variant that is best on validation, and how it was found."""
    results = read_run(run)
    own = [variant for variant in results.ranked if not variant.external]
    if not own:
        raise InputError(f"{run}: no variant of it has ended well yet; run it to its end first")
    selection = results.manifest.protocol.selection
    metric = metric_of(selection)

    def mean(variant: VariantResults) -> float:
        return sum(score(f.validation)[selection] for f in variant.fits) / len(variant.fits)

    means = {variant.name: mean(variant) for variant in own}
    best = (max if metric.higher_is_better else min)(means, key=means.__getitem__)
    return best, f"best of {len(means)} on validation, {metric.in_prose} {means[best]:.3f}"


def _has_model(folder: Path, fit: FitRecord) -> bool:
    return bool(fit.model_files) and all((folder / file).is_file() for file in fit.model_files)
