"""The model that comes with ferbench, for those who name no run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.store.references import find_reference
from datasets.reading.images import header
from datasets.records import DataError

SHIPPED = Path("results") / "reference" / "fer2013-night"


def shipped_model() -> str:
    """Return the kept run whose model comes with a checkout of ferbench.

    Raises ``InputError`` where ferbench was installed without it.
    """
    place = Path(__file__).resolve().parents[2] / SHIPPED
    if find_reference(str(place)) is None:
        raise InputError(
            f"no model came with this installation of ferbench ({SHIPPED} of a checkout); give RUN"
        )
    return str(place)


def model_and_pictures(arguments: Sequence[str]) -> tuple[str, tuple[Path, ...]]:
    """Part ``[RUN[/VARIANT]] PATH…`` into the model, that of ferbench if none is named, and paths.

    None is named where a picture file comes first, or one path alone that is in no results folder.
    Raises ``InputError`` for all else that is no results folder, so that no answer is that of
    another model, and for a results folder alone.
    """
    first, *others = arguments
    if (found := find_reference(first)) is not None:
        if not others:
            what = (
                f"a row of the results folder {found.run}" if found.variant else "a results folder"
            )
            raise InputError(f"{first}: {what}; give the pictures behind it")
        return first, tuple(map(Path, others))
    alone = not others and bool(first) and Path(first).exists()
    if not (alone or _is_picture(Path(first))):
        raise InputError(f"{first}: not a results folder (RUN[/VARIANT]), and no picture")
    return shipped_model(), tuple(map(Path, arguments))


def _is_picture(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        header(path.read_bytes(), path.name)
    except (DataError, OSError):
        return False
    return True
