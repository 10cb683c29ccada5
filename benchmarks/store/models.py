"""The files of a fitted model: those that are opened are those that the training wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.store.contents import ADD_AGAIN, contents
from benchmarks.store.digests import AGAIN
from benchmarks.store.folder import FitFolder, run_of
from benchmarks.store.reading import read_fit
from datasets.files import sha256_once


def require_model(place: Path) -> None:
    """Raise ``InputError`` unless the model in the folder of a fit is as it was fitted.

    Whoever opens a model of a run asks this first.
    """
    held = contents(run_of(place))
    record = read_fit(place, held)
    for name in record.model_files:
        remedy = ADD_AGAIN if record.external else AGAIN
        held.require(place / name, remedy, record.files.get(name))


def require_backbone(place: Path) -> Path:
    """Return the backbone in the folder of a fit; raises ``InputError`` as `require_model` does."""
    held, file = contents(run_of(place)), FitFolder(place).backbone
    held.require(file, AGAIN, read_fit(place, held).files.get(file.name))
    return file


def spoilt_files(place: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """Yield those in ``place`` that are missing or have another SHA-256 than ``files`` tells."""
    for name, known in files.items():
        file = place / name
        if not file.is_file() or sha256_once(file) != known:
            yield file
