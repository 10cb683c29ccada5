"""``ferbench scout --against RUN``: the run, with its own data, split and labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.data.prepared import PreparedData
    from benchmarks.machine.console import Console
    from benchmarks.reproducibility.labels import Given
    from benchmarks.store.records import RunResults
    from datasets.records import Progress


def read_ranked(folder: Path) -> RunResults:
    """Read the run in ``folder``, of a kept one all but its labels; refuse one that is not ranked.

    The images of a kept run are of the first class all, until it is `labelled`.
    """
    from benchmarks.store.contents import contents
    from benchmarks.store.kept import is_kept, read_images
    from benchmarks.store.reading import read_run, refuse_mistaken, require_run

    require_run(folder)
    refuse_mistaken(folder)
    blank = read_images(contents(folder)).unlabelled() if is_kept(folder) else None
    return read_run(folder, labels=blank)


def labelled(run: RunResults, given: Given, console: Console) -> RunResults:
    """Return ``run``, a kept one with the labels of its data, which are ``given``.

    Raises ``InputError`` for data that are not its own.
    """
    from benchmarks.execution.progress import Display
    from benchmarks.reproducibility.labels import labels_of
    from benchmarks.store.reading import read_run

    if not run.kept:
        return run
    return read_run(run.folder, labels=labels_of([run.folder], given, Display(console)))


def place_of(data: str, run: RunResults, plugins: tuple[Path, ...]) -> Path | None:
    """Return where the data of ``run`` are: at the place ``data``, else ``None``.

    That is where ``data`` names its data set, and ferbench makes them or knows their place. Raises
    ``InputError`` where it is neither.
    """
    from benchmarks.errors import InputError
    from benchmarks.machine.settings import data_path
    from datasets.registry import discover

    place, choice = Path(data).expanduser(), run.manifest.protocol.data
    source = discover(plugins).get(choice.set)
    if source is not None and not source.needs_path:
        if data != choice.set:
            raise InputError(
                f"{data}: not the data of {run.folder}, which ferbench makes; "
                f"ferbench scout {choice.set} --against {run.folder}"
            )
        return None
    if place.exists():
        return place
    if data != choice.set:
        raise InputError(f"{data}: no such file or folder; give the {choice.set} of {run.folder}")
    if not (choice.path or data_path()):
        raise InputError(f"scout: say where {data} is: ferbench scout PATH, or set FERBENCH_DATA")
    return None


def prepared_again(
    run: RunResults, place: Path | None, plugins: tuple[Path, ...], progress: Progress
) -> PreparedData:
    """Prepare the data of ``run`` with its own split, so that its test images stay such."""
    from benchmarks.data.prepared import prepare_data
    from benchmarks.errors import InputError

    protocol = run.manifest.protocol
    prepared = prepare_data(
        protocol.data, place, seed=protocol.seed, plugins=plugins, progress=progress
    )
    if prepared.split.digest != run.manifest.split.digest:
        raise InputError(
            f"{run.folder}: its data are not these; give the {run.manifest.data.name} of the run"
        )
    return prepared
