"""References to the models of a run: ``RUN`` and ``RUN/VARIANT``, as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.store.files import json_values
from benchmarks.store.folder import RunFolder


@dataclass(frozen=True)
class ModelReference:
    """A results folder and a variant's name in it, empty where the run alone was named."""

    run: Path
    variant: str


def find_reference(text: str) -> ModelReference | None:
    """Part ``RUN/VARIANT`` behind its results folder, the longest part that is one.

    A variant's name may hold a slash. ``None``: no part of ``text`` is a results folder, or it
    is a file or folder that lies in one.
    """
    path = Path(text)
    for place in (path, *path.parents):
        if _is_results_folder(place):
            name = path.relative_to(place).as_posix()
            return ModelReference(place, "" if name == "." else name)
        if place.exists():
            return None
    return None


def _is_results_folder(place: Path) -> bool:
    """Tell it from a folder with the ``manifest.json`` of another program; it may be damaged."""
    manifest = RunFolder(place).manifest
    if not manifest.is_file():
        return False
    values = json_values(manifest.read_bytes())
    return values is None or (isinstance(values, dict) and "protocol" in values)
