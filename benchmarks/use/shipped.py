"""The model that comes with ferbench, for those who name no run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.store.references import find_reference

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

    Raises ``InputError`` where the first is neither there nor in a results folder, or is alone.
    """
    first, *others = arguments
    if find_reference(first) is not None:
        if not others:
            raise InputError(f"{first}: a results folder; give the pictures behind it")
        return first, tuple(map(Path, others))
    if not Path(first).exists():
        raise InputError(f"{first}: not a results folder (RUN[/VARIANT]), and no picture")
    return shipped_model(), tuple(map(Path, arguments))
