"""The row of a model from outside, written into the results folder like any fit."""

from __future__ import annotations

import shutil
from typing import Any

import pandas as pd

from benchmarks.exchange.adding.incoming import IncomingModel, Probabilities
from benchmarks.exchange.adding.preprocessing import InputSpec
from benchmarks.store.files import now, read_json, write_json, write_table
from benchmarks.store.keys import score_key
from benchmarks.store.ledger import record_opening
from benchmarks.store.records import EXTERNAL
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
    cost: dict[str, Any] | None,
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
        write_json(place / "fit.json", _facts(arrival, warnings, files))
        write_table(place / "predictions.parquet", _predictions(arrival, probabilities))
    if cost:
        write_json(folder.cost(name), cost)


def _name_in_manifest(arrival: IncomingModel) -> None:
    request, reading = arrival.request, arrival.reading
    manifest = read_json(arrival.folder.manifest)
    entry: dict[str, Any] = {
        "name": request.name,
        "architecture": EXTERNAL,
        "initialisation": "unknown",
        "strategy": "unknown",
        "augmentation": "unknown",
        "input_size": reading.height if reading else None,
        "engine": EXTERNAL,
        "summary": f"{'A model' if request.model else 'Predictions'} {CAVEAT}",
        "source": f"{request.file.name}, SHA-256 {arrival.sha256}{_told(reading)}",
        "space": {},
        "defaults": {},
    }
    kept = [each for each in manifest["variants"] if each["name"] != request.name]
    write_json(arrival.folder.manifest, {**manifest, "variants": [*kept, entry]})


def _told(reading: InputSpec | None) -> str:
    if reading is None:
        return ""
    size = f"{reading.height}×{reading.width}"
    end = ", outputs before softmax" if reading.logits else ""
    return f"; read as {reading.colour}, {size}, {reading.scale}, {', '.join(reading.classes)}{end}"


def _facts(arrival: IncomingModel, warnings: tuple[str, ...], files: list[str]) -> dict[str, Any]:
    return {
        "key": arrival.key,
        "variant": arrival.request.name,
        "seed": 0,
        "hyperparameters": {},
        "versions": arrival.versions,
        "threads": arrival.run.manifest.threads,
        "model_files": files,
        "warnings": list(warnings),
        "external": {
            "file": arrival.request.file.name,
            "sha256": arrival.sha256,
            "reading": arrival.reading.to_json() if arrival.reading else None,
        },
        "finished": now(),
    }


def _predictions(arrival: IncomingModel, probabilities: Probabilities) -> pd.DataFrame:
    table = arrival.asked[["row", "image_id", "label", "split"]].copy()
    for place, name in enumerate(arrival.run.class_names):
        table[f"p_{name}"] = probabilities[:, place]
    split_digest = arrival.run.manifest.split.digest
    table.attrs = {"key": score_key(arrival.key, split_digest)}
    return table
