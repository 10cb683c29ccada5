"""Reproducing a run: its protocol carried out again, from the manifest, in another folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.engines.registry import engines
from benchmarks.errors import InputError, did_you_mean
from benchmarks.execution.progress import Display
from benchmarks.execution.run import RunRequest, prepare_target, run
from benchmarks.protocol.names import slug
from benchmarks.protocol.schema import Protocol, VariantChoice
from benchmarks.protocol.variants import resolve_variants
from benchmarks.report.page import render
from benchmarks.reproducibility.labels import Given, labels_of
from benchmarks.reproducibility.verdicts import (
    data_differences,
    data_digests,
    differences,
    unmade,
    verdicts,
)
from benchmarks.store.digests import write_digests
from benchmarks.store.ensembles import refuse_ensemble
from benchmarks.store.files import now
from benchmarks.store.folder import RunFolder
from benchmarks.store.plugins import used_plugins
from benchmarks.store.reading import read_run
from benchmarks.store.records import Manifest, RunResults
from benchmarks.store.reproduction import (
    Difference,
    Reproduction,
    reproduction_of,
    stored_reproduction,
    write_reproduction,
)
from datasets.files import sha256_of
from models.registry import Registry, discover


@dataclass(frozen=True, kw_only=True)
class Original:
    """What is to be made again: a results folder, perhaps one ``variant`` of it, and its data."""

    run: Path
    variant: str | None = None
    data: Path | None = None
    plugins: tuple[Path, ...] = ()

    @property
    def given(self) -> Given:
        """What is given of the run's data."""
        return Given(data=self.data, plugins=self.plugins)


def default_place(original: Original) -> Path:
    """Return the folder that a reproduction goes into unless another is asked for."""
    part = f"-{slug(original.variant)}" if original.variant else ""
    return Path("results") / f"{original.run.resolve().name}-reproduced{part}"


def reproduce(original: Original, out: Path, workers: int | None, display: Display) -> Reproduction:
    """Carry out the protocol of ``original`` again in ``out`` and compare, fit by fit.

    Of the variants that have results all are made again, or the one that is named. Tuning is
    repeated with the fits, as it decides them, and so is pre-training; only the decoded data
    comes from the cache. On other data nothing is trained. ``out`` goes on with a reproduction
    that was interrupted, and refuses any other content.
    """
    labels = labels_of([original.run], original.given, display)
    stored = read_run(original.run, labels=labels)
    names, record = _chosen(stored, original.variant), reproduction_of(original.run)
    protocol = stored.manifest.protocol
    _require_conditions(stored.manifest, original.plugins)
    protocol = _restricted(protocol, stored, names, discover(original.plugins))
    if other := _other_data(original, stored, protocol, display):
        reason = "the data differ, so nothing was trained"
        lost = unmade(stored, names, reason)
        return replace(record, verdicts=lost, differences=tuple(other))
    _claim(out, original.run, record)
    request = RunRequest(
        protocol=protocol,
        data=original.data,
        out=out,
        workers=workers,
        plugins=original.plugins,
        shared=RunFolder(out).work,
    )
    made: list[Reproduction] = []

    def finish() -> None:
        render(out)
        again = read_run(out)
        told = verdicts(stored, again, names)
        found = differences(stored, again)
        made.append(replace(record, finished=now(), verdicts=told, differences=found))
        write_reproduction(RunFolder(out), *made)
        write_digests(out)

    run(request, display, finish)
    return made[0]


def _chosen(stored: RunResults, variant: str | None) -> tuple[str, ...]:
    names = tuple(each.name for each in stored.ranked if not each.external)
    if variant is None and names:
        return names
    if variant in names:
        return (variant,)
    if variant is None:
        raise InputError(f"{stored.folder}: no variant has results that could be made again")
    refuse_ensemble(stored.folder, stored.manifest.protocol, variant)
    hint = did_you_mean(variant, names)
    raise InputError(f"{stored.folder}: no results of a variant {variant!r}; {hint}")


def _require_conditions(manifest: Manifest, plugins: tuple[Path, ...]) -> None:
    """Refuse what the user must set right before any training: the backend and the plugins."""
    backend = manifest.keras_backend
    for spec in engines().values():
        if spec.backend_setting and backend and backend != spec.backend():
            raise InputError(
                f"the run used {spec.title} on {backend}; set {spec.backend_setting}={backend}"
            )
    given = {sha256_of(path) for path in plugins}
    for plugin in used_plugins(manifest):
        if plugin.digest not in given:
            raise InputError(
                f"the run used the plugin {plugin.file} (SHA-256 {plugin.digest[:12]}…); "
                "give that very file with --plugin PATH"
            )


def _restricted(
    protocol: Protocol, stored: RunResults, names: tuple[str, ...], registry: Registry
) -> Protocol:
    """Return ``protocol`` with the choices that lead to the variants ``names``, and no others.

    Controls that came by themselves come with the variant that they are the control of. A
    protocol in which a name depends on the other variants is carried out whole. Ensembles come
    with all of their members, or not.
    """
    kept_whole = tuple(each for each in protocol.ensembles if {*each.members} <= {*names})
    protocol = protocol.model_copy(update={"ensembles": kept_whole})
    height, width, channels = stored.manifest.data.image_shape
    chosen: dict[str, VariantChoice] = {}
    for controls in (False, True):
        for choice in protocol.variants:
            alone = protocol.model_copy(update={"variants": (choice,), "controls": controls})
            for variant in resolve_variants(alone, registry, (height, width, channels)):
                chosen.setdefault(variant.name, choice)
        if chosen.keys() >= set(names):
            choices = [chosen[name] for name in names]
            kept = tuple(choice for choice in protocol.variants if choice in choices)
            return protocol.model_copy(update={"variants": kept, "controls": controls})
    return protocol


def _other_data(
    original: Original, stored: RunResults, protocol: Protocol, display: Display
) -> list[Difference]:
    """Name what differs in the data; empty if the split is the same, image by image."""
    prepared = prepare_target(protocol, original.data, original.plugins, display)
    theirs = data_digests(stored.manifest)
    ours = {"split.digest": prepared.split.digest, "targets_digest": prepared.targets_digest}
    if all(theirs[name] == found for name, found in ours.items()):
        return []
    return data_differences({"data.digest": prepared.data.digest, **ours}, theirs)


def _claim(out: Path, run: Path, record: Reproduction) -> None:
    """Mark ``out`` as a reproduction of ``run``; refuse a folder that holds something else."""
    if out.resolve() == run.resolve():
        raise InputError(f"{out} is the run itself; give --out another folder")
    known = stored_reproduction(RunFolder(out))
    if known is None and out.is_dir() and any(out.iterdir()):
        raise InputError(f"{out} is not empty, and no reproduction; give --out another folder")
    if known is not None and not known.is_of_the_same(record):
        raise InputError(f"{out} reproduces another run; give --out another folder")
    if known is None:
        write_reproduction(RunFolder(out), record)
