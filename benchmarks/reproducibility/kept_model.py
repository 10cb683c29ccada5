"""The model that is kept with a run, small enough to be published, and its card."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.engines.spec import ExportFormat
from benchmarks.evaluation.fitted import ScoredFit, resolve_scored_fit
from benchmarks.exchange.exporting.card import card
from benchmarks.store.files import write_json
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.models import require_model
from benchmarks.store.writing import write_fit

HALVED = ".safetensors"
FORM = ExportFormat(
    name="kept",
    suffix=HALVED,
    contents="the whole model in half precision; ferbench predict, webcam, demo",
    writer="",
    precision="float16",
)
LEFT_OUT = (".h5",)
"""Second copies of a model that is there as a file of its engine."""


def keep_model(source: Path, variant: str, target: RunFolder) -> None:
    """Write the model of ``variant``'s first seed into its folder in the kept run ``target``.

    Weights in ``.safetensors`` are stored in half precision, where they keep within it; the card
    says what the fit scored as it was. Raises ``InputError`` where there is no such model.
    """
    chosen = resolve_scored_fit(f"{source}/{variant}", None)
    require_model(chosen.folder)
    place = FitFolder(target.fit(variant, chosen.fit.record.seed))
    names = [n for n in chosen.fit.record.model_files if not n.endswith(LEFT_OUT)]
    for name in names:
        if not (name.endswith(HALVED) and halve(chosen.folder / name, place.path / name)):
            shutil.copyfile(chosen.folder / name, place.path / name)
    write_fit(place.path, replace(chosen.fit.record, model_files=tuple(names)))
    write_json(place.card, _card(chosen, names))


def halve(source: Path, target: Path) -> bool:
    """Write the arrays in ``source`` in half precision, and tell whether all lie within it."""
    from safetensors.numpy import load_file, save_file

    arrays = load_file(source)
    with np.errstate(over="ignore"):
        halves = {
            name: array.astype(np.float16) if array.dtype == np.float32 else array
            for name, array in arrays.items()
        }
    if not all(np.isfinite(array).all() for array in halves.values()):
        return False
    save_file(halves, target)
    return True


def _card(chosen: ScoredFit, names: list[str]) -> dict[str, object]:
    form = FORM if any(name.endswith(HALVED) for name in names) else replace(FORM, precision="")
    return card(chosen, form).model_dump(mode="json")
