"""The files of a fitted model: those that are opened are those that the training wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.store.contents import ADD_AGAIN, contents
from benchmarks.store.digests import AGAIN
from benchmarks.store.folder import FitFolder, run_of
from benchmarks.store.kept import is_kept
from benchmarks.store.reading import read_fit
from datasets.files import sha256_once

WHOLE_MODEL = "model.safetensors"


def require_model(place: Path) -> None:
    """Raise ``InputError`` unless the model in the folder of a fit is as it was fitted.

    Whoever opens a model of a run asks this first.
    """
    held = contents(run_of(place))
    record = read_fit(place, held)
    for name in record.model_files:
        remedy = ADD_AGAIN if record.external else AGAIN
        held.require(place / name, remedy, record.files.get(name))


def backbone_of(place: Path) -> Path | None:
    """Return the file in the folder of a fit whose backbone another variant can start from.

    That is the whole model where a kept run has no other. ``None`` where there is none; raises
    ``InputError`` as `require_model` does.
    """
    files = [FitFolder(place).backbone]
    if is_kept(run_of(place)):
        files.append(place / WHOLE_MODEL)
    for file in files:
        if file.is_file():
            held = contents(run_of(place))
            held.require(file, AGAIN, read_fit(place, held).files.get(file.name))
            return file
    return None


def spoilt_files(place: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """Yield those in ``place`` that are missing or have another SHA-256 than ``files`` tells."""
    for name, known in files.items():
        file = place / name
        if not file.is_file() or sha256_once(file) != known:
            yield file
