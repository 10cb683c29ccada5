"""The files of a fitted model: those that are opened are those that the training wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.errors import InputError, Unavailable, did_you_mean
from benchmarks.store.contents import ADD_AGAIN, contents
from benchmarks.store.digests import AGAIN
from benchmarks.store.folder import FitFolder, RunFolder, run_of
from benchmarks.store.kept import NO_MODELS, is_kept, refuse_kept
from benchmarks.store.reading import read_fit, read_manifest, refuse_mistaken
from benchmarks.store.references import find_reference
from datasets.files import sha256_once

WHOLE_MODEL = "model.safetensors"
NO_BACKBONE = "its model without the backbone that others start from; keep it again with --model"


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


def fitted_backbone(reference: str) -> Path:
    """Return the backbone of ``RUN/VARIANT``'s first seed that has one.

    Raises ``Unavailable`` where there is no such variant or it has none, and ``InputError`` where
    ``reference`` is none, a kept run has left the backbone behind, or the file does not hold.
    """
    if "/" not in reference:
        raise InputError(f"run:{reference}: write run:RUN/VARIANT, RUN a results folder")
    found = find_reference(reference)
    if found is None or not found.variant:
        raise Unavailable(f"run:{reference}: no such results folder; give one that exists")
    refuse_mistaken(found.run)
    known = [variant.name for variant in read_manifest(found.run).variants]
    if found.variant not in known:
        hint = did_you_mean(found.variant, known)
        raise Unavailable(f"run:{reference}: no variant {found.variant!r}; {hint}")
    run = RunFolder(found.run)
    places = [run.fit(found.variant, seed) for seed in run.seeds(found.variant)]
    for place in places:
        if (file := backbone_of(place)) is not None:
            return file
    kept = any(FitFolder(place).card.is_file() for place in places)
    refuse_kept(found.run, NO_BACKBONE if kept else NO_MODELS)
    raise Unavailable(
        f"run:{reference}: no fit of it holds a backbone to start from; name another variant, or "
        "finish that run first"
    )


def spoilt_files(place: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """Yield those in ``place`` that are missing or have another SHA-256 than ``files`` tells."""
    for name, known in files.items():
        file = place / name
        if not file.is_file() or sha256_once(file) != known:
            yield file
