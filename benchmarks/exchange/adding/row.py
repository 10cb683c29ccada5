"""The row of a model from outside, written into the results folder like any fit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from benchmarks.exchange.adding.incoming import IncomingModel, Probabilities
from benchmarks.store.files import now
from benchmarks.store.folder import FitFolder
from benchmarks.store.keys import score_key
from benchmarks.store.ledger import record_opening
from benchmarks.store.reading import read_manifest
from benchmarks.store.records import (
    EXTERNAL,
    CostRecord,
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


def open_test_set(arrival: IncomingModel) -> None:
    """Put the opening of the test set into the run's ledger; its digests no longer hold."""
    arrival.folder.digests.unlink(missing_ok=True)
    record_opening(
        arrival.folder.ledger,
        variant=arrival.request.name,
        seed=0,
        key=arrival.key,
        purpose=f"score ({EXTERNAL})",
    )


def write_row(
    arrival: IncomingModel,
    probabilities: Probabilities,
    warnings: tuple[str, ...],
    cost: CostRecord | None,
) -> None:
    """Write the row; ``probabilities`` are those of `IncomingModel.asked`.

    The manifest names it first, so that no fit is ever without its name.
    """
    name, folder = arrival.request.name, arrival.folder
    _name_in_manifest(arrival)
    with replacing_folder(folder.fit(name, 0)) as place:
        files = []
        if arrival.request.model:
            files.append(f"model{arrival.request.model.suffix}")
            shutil.copyfile(arrival.request.model, place / files[0])
        write_fit(place, _record(arrival, warnings, tuple(files)))
        _write_predictions(place, arrival, probabilities)
    if cost:
        write_cost(folder.cost(name), cost)


def _name_in_manifest(arrival: IncomingModel) -> None:
    request, reading = arrival.request, arrival.reading
    manifest = read_manifest(arrival.folder.path)
    added = VariantRecord(
        name=request.name,
        architecture=EXTERNAL,
        initialisation="unknown",
        strategy="unknown",
        augmentation="unknown",
        input_size=reading.height if reading else None,
        engine=EXTERNAL,
        summary=f"{'A model' if request.model else 'Predictions'} {CAVEAT}",
        source=f"{request.file.name}, SHA-256 {arrival.sha256}{_told(reading)}",
    )
    kept = (each for each in manifest.variants if each.name != request.name)
    write_manifest(arrival.folder, replace(manifest, variants=(*kept, added)))


def _told(reading: InputSpec | None) -> str:
    if reading is None:
        return ""
    size = f"{reading.height}×{reading.width}"
    end = ", outputs before softmax" if reading.logits else ""
    return f"; read as {reading.colour}, {size}, {reading.scale}, {', '.join(reading.classes)}{end}"


def _record(arrival: IncomingModel, warnings: tuple[str, ...], files: tuple[str, ...]) -> FitRecord:
    return FitRecord(
        key=arrival.key,
        variant=arrival.request.name,
        seed=0,
        versions=arrival.versions,
        threads=arrival.run.manifest.threads,
        model_files=files,
        warnings=warnings,
        external=ExternalFile(
            file=arrival.request.file.name,
            sha256=arrival.sha256,
            reading=arrival.reading,
        ),
        finished=now(),
    )


def _write_predictions(place: Path, arrival: IncomingModel, probabilities: Probabilities) -> None:
    run = arrival.run
    key = score_key(arrival.key, run.manifest.split.digest)
    path = FitFolder(place).predictions
    write_predictions(path, arrival.asked, probabilities, run.class_names, key)
