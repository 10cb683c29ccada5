"""The leak laboratory: one variant, trained honestly and then with each common mistake."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.data import mistakes
from benchmarks.data.mistakes import HONEST
from benchmarks.data.prepared import prepare_data
from benchmarks.execution.progress import Display
from benchmarks.execution.run import RunRequest, refuse_foreign
from benchmarks.execution.run import run as run_protocol
from benchmarks.machine.console import Console
from benchmarks.protocol.schema import DataChoice, Protocol
from benchmarks.report.page import render
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import LaboratoryFolder, RunFolder
from benchmarks.store.records import VariantOutcome
from datasets.reading.recognition import look, recognise
from datasets.reading.trees import listing_once
from datasets.registry import discover

Statuses = dict[str, VariantOutcome]


def run(request: RunRequest, console: Console) -> Statuses:
    """Carry out the laboratory ``request.protocol``, or go on with it; return each run's status.

    Each mistake and each counterpart is a run of its own in a folder of its own name below
    ``request.out``. Raises ``InputError`` or ``DataError`` before anything is trained if the
    request is wrong.
    """
    begun = RunFolder(request.out / HONEST).manifest
    refuse_foreign(request.out, (LaboratoryFolder(request.out).json, begun))
    laboratory = _prepared(request, Display(console))
    parts = list(experiments(laboratory))
    statuses: Statuses = {}
    for place, (name, protocol) in enumerate(parts, start=1):
        console.print(f"[{place} of {len(parts)}] {name}: {_description(name)}")
        folder = request.out / name
        part = dataclasses.replace(request, protocol=protocol, out=folder)
        finish = partial(_finish, folder)
        (statuses[name],) = run_protocol(part, Display(console), finish).values()
    return statuses


def _finish(folder: Path) -> None:
    render(folder)
    write_digests(folder)


def experiments(laboratory: Protocol) -> Iterator[tuple[str, Protocol]]:
    """Yield the name and the protocol of each run: the honest one, then each mistake's.

    A mistake's counterpart comes before it. Mistakes of reporting alone need no run.
    """
    yield HONEST, _experiment(laboratory, HONEST)
    counterparts = _counterparts()
    for mistake in mistakes.MISTAKES:
        if mistake.counterpart in counterparts:
            yield mistake.counterpart, _experiment(laboratory, mistake.counterpart)
        if mistake.trained:
            yield mistake.name, _experiment(laboratory, mistake.name)


def _experiment(laboratory: Protocol, name: str) -> Protocol:
    kind = "counterpart" if name in _counterparts() else "mistake"
    chosen = None if name == HONEST else name
    title = f"{laboratory.title or laboratory.name}: {name}"
    changes = {"leaks": None, "controls": False, "title": title, kind: chosen}
    return Protocol.model_validate(laboratory.model_dump() | changes)


def _counterparts() -> set[str]:
    return {counterpart.name for counterpart in mistakes.COUNTERPARTS}


def _description(name: str) -> str:
    if name == HONEST:
        return "the data set's own split, and no mistake"
    return mistakes.description(name)


def _prepared(request: RunRequest, display: Display) -> Protocol:
    """Choose the data set and how much of it, and see that every split of it can be made."""
    protocol = request.protocol
    assert protocol.leaks is not None
    choice = chosen_data(protocol.data, request.data, request.plugins)
    with display.preparing(choice.set) as progress:
        opened = partial(
            prepare_data,
            path=request.data,
            seed=protocol.seed,
            plugins=request.plugins,
            progress=progress,
        )
        prepared = opened(choice)
        most = protocol.leaks.train_images
        if most is not None and choice.train_images is None and len(prepared.split.train) > most:
            choice = choice.model_copy(update={"train_images": most})
            prepared = opened(choice)
    for _, treatment in mistakes.treatments():
        treatment(prepared.data, prepared.split, protocol.seed)
    return protocol.model_copy(update={"data": choice})


def chosen_data(choice: DataChoice, given: Path | None, plugins: tuple[Path, ...]) -> DataChoice:
    """Return ``choice``, or what lies at ``given`` where the chosen data set needs no files."""
    sources = discover(plugins)
    if given is None or choice.set not in sources or sources[choice.set].needs_path:
        return choice
    with listing_once():
        found = recognise(given, look(given), sources)[0]
    return choice.model_copy(update={"set": found.name, "options": {}})
