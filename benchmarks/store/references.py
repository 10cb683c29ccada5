"""References to the models of a run: ``RUN`` and ``RUN/VARIANT``, as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.store.folder import RunFolder


@dataclass(frozen=True)
class ModelReference:
    """A results folder and a variant's name in it, empty where the run alone was named."""

    run: Path
    variant: str


def find_reference(text: str) -> ModelReference | None:
    """Part ``RUN/VARIANT`` behind its results folder, the longest part that is one.

    A variant's name may hold a slash. ``None``: no part of ``text`` is a results folder.
    """
    path = Path(text)
    for place in (path, *path.parents):
        if RunFolder(place).manifest.is_file():
            name = path.relative_to(place).as_posix()
            return ModelReference(place, "" if name == "." else name)
    return None
