"""The row of a model from outside, written into the results folder like any fit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from benchmarks.engines.opened import Source
from benchmarks.exchange.adding.incoming import IncomingModel, Probabilities
from benchmarks.store.digests import reopen
from benchmarks.store.files import now
from benchmarks.store.folder import FitFolder
from benchmarks.store.keys import score_key
from benchmarks.store.ledger import record_opening
from benchmarks.store.reading import read_manifest
from benchmarks.store.records import (
    EXTERNAL,
    CostRecord,
    ExternalArchitecture,
    ExternalFile,
    FitRecord,
    InputSpec,
    VariantRecord,
)
from benchmarks.store.writing import write_cost, write_fit, write_manifest, write_predictions
from datasets.files import replacing_folder

CAVEAT = (
    "brought in from outside: its training is unknown, it had no part in the equal budget, "
    "and it may have seen the test images"
)


def open_test_set(incoming: IncomingModel) -> None:
    """Put the opening of the test set into the run's ledger; its digests no longer hold."""
    reopen(incoming.folder.path)
    record_opening(
        incoming.folder.ledger,
        variant=incoming.request.name,
        seed=0,
        key=incoming.key,
        purpose=f"score ({EXTERNAL})",
    )


def write_row(
    incoming: IncomingModel,
    probabilities: Probabilities,
    warnings: tuple[str, ...],
    cost: CostRecord | None,
) -> None:
    """Write the row; ``probabilities`` are those of `IncomingModel.asked`.

    The manifest names it first, so that no fit is ever without its name; the fit comes last, as
    the row is there with it.
    """
    name, folder = incoming.request.name, incoming.folder
    _name_in_manifest(incoming)
    if cost:
        write_cost(folder.cost(name), cost)
    with replacing_folder(folder.fit(name, 0)) as place:
        files: tuple[str, ...] = ()
        if incoming.source:
            files = _copied(incoming.source, place)
        write_fit(place, _record(incoming, warnings, files))
        _write_predictions(place, incoming, probabilities)


def _copied(source: Source, place: Path) -> tuple[str, ...]:
    """Copy the model and, where that is weights alone, its configuration; return their names."""
    copied = {f"model{source.file.suffix}": source.file}
    if source.configuration:
        copied[f"architecture{source.configuration.suffix}"] = source.configuration
    for name, file in copied.items():
        shutil.copyfile(file, place / name)
    return tuple(copied)


def _name_in_manifest(incoming: IncomingModel) -> None:
    request, reading = incoming.request, incoming.reading
    manifest = read_manifest(incoming.folder.path)
    added = VariantRecord(
        name=request.name,
        architecture=EXTERNAL,
        initialisation="unknown",
        strategy="unknown",
        augmentation="unknown",
        input_size=reading.height if reading else None,
        engine=EXTERNAL,
        summary=f"{'A model' if request.model else 'Predictions'} {CAVEAT}",
        source=f"{request.file.name}, SHA-256 {incoming.sha256}"
        f"{_describe_architecture(incoming.architecture)}{_describe(reading)}",
    )
    kept = (each for each in manifest.variants if each.name != request.name)
    write_manifest(incoming.folder, replace(manifest, variants=(*kept, added)))


def _describe_architecture(architecture: ExternalArchitecture | None) -> str:
    if architecture is None:
        return ""
    declared = f"{architecture.file}, SHA-256 {architecture.sha256}"
    return f"; weights of {f'{architecture.name} ({declared})' if architecture.name else declared}"


def _describe(reading: InputSpec | None) -> str:
    if reading is None:
        return ""
    size = f"{reading.height}×{reading.width}"
    end = ", outputs before softmax" if reading.logits else ""
    return f"; read as {reading.colour}, {size}, {reading.scale}, {', '.join(reading.classes)}{end}"


def _record(
    incoming: IncomingModel, warnings: tuple[str, ...], files: tuple[str, ...]
) -> FitRecord:
    return FitRecord(
        key=incoming.key,
        variant=incoming.request.name,
        seed=0,
        versions=incoming.versions,
        threads=incoming.run.manifest.threads,
        model_files=files,
        warnings=warnings,
        external=ExternalFile(
            file=incoming.request.file.name,
            sha256=incoming.sha256,
            architecture=incoming.architecture,
            reading=incoming.reading,
        ),
        finished=now(),
    )


def _write_predictions(place: Path, incoming: IncomingModel, probabilities: Probabilities) -> None:
    run = incoming.run
    key = score_key(incoming.key, run.manifest.split.digest)
    path = FitFolder(place).predictions
    write_predictions(path, incoming.requested, probabilities, run.class_names, key)
