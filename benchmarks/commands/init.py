"""``ferbench init``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import Data
from benchmarks.commands.written import require_writable
from benchmarks.machine.settings import data_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.data.prepared import PreparedData
    from benchmarks.scout.records import ScoutRecord


def init(
    path: Annotated[
        Path | None, typer.Argument(help="A folder or archive: one folder for each class.")
    ] = None,
    data: Data = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.toml", help="Default: named as the images."),
    ] = None,
    measure: Annotated[
        bool, typer.Option(help="Time the networks for a minute, to fit the budget to the machine.")
    ] = True,
    scout: Annotated[
        bool,
        typer.Option(
            "--scout", help="Scout first which backbones suit the images, as ferbench scout does."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> int:
    """Write a protocol for your own images."""
    from benchmarks.init.proposal import choose_data, propose
    from benchmarks.init.scouting import require_weights, weights_at_hand
    from benchmarks.init.toml import budget_lines, describe, next_command, write_protocol
    from benchmarks.machine.console import Console

    place = _place(path, data)
    file = output or Path(f"{_name(place.stem)}.toml")
    _refuse(file, force)
    if scout:
        require_weights()
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    with console.status(f"reading {place.name}") as status:

        def decoded(done: int, total: int) -> None:
            status.update(f"reading {place.name}: {done:,} of {total:,} images")

        def timing(name: str) -> None:
            status.update(f"timing {name}" if name else "writing")

        choice, prepared = choose_data(place, decoded)
        for line in describe(prepared):
            console.print(line)
        scouting = _scouted(prepared, status.update) if scout else None
        proposal = propose(
            *(_name(file.stem), choice, prepared),
            measure=measure,
            notify=timing,
            scouting=scouting,
        )
    write_protocol(proposal, file)
    for line in budget_lines(proposal):
        console.print(line)
    console.print(f"written: {file}")
    if not scout and weights_at_hand():
        console.print("weights are at hand: with --scout the backbones that suit are found first")
    console.print(f"next: {next_command(file)}")
    return 0


def _scouted(prepared: PreparedData, notify: Callable[[str], None]) -> ScoutRecord:
    """Scout the backbones with weights at hand, and print what was found."""
    from benchmarks.commands.scout import WIDTH, print_scouting
    from benchmarks.init.scouting import scout_all
    from benchmarks.machine.console import Console

    scouting = scout_all(prepared, notify)
    width = None if sys.stderr.isatty() else WIDTH
    wide = Console(stderr=True, highlight=False, markup=False, width=width)
    print_scouting(wide, scouting)
    return scouting


def _place(path: Path | None, data: Path | None) -> Path:
    """Return the absolute place of the images, so that the protocol works from any folder."""
    from benchmarks.errors import InputError

    if path and data and path != data:
        raise InputError("init: give the images once, as PATH or with --data")
    given = path or data or data_path()
    if not given:
        raise InputError("init: say where your images are: ferbench init PATH")
    place = Path(given).expanduser().absolute()
    try:
        str(place).encode()
    except UnicodeEncodeError:
        raise InputError(f"{str(place)!a}: its name is not valid Unicode; rename it") from None
    return place


def _name(stem: str) -> str:
    """Return a protocol name made of ``stem``; a preset's own name is not taken."""
    from benchmarks.protocol.names import slug
    from benchmarks.protocol.reading import presets

    name = slug(stem).strip("-._") or "mine"
    return f"my-{name}" if name in presets() else name


def _refuse(file: Path, force: bool) -> None:
    from benchmarks.errors import InputError

    require_writable(file, "--output")
    if file.exists() and not force:
        raise InputError(f"{file} exists; give --output another name, or --force to replace it")
