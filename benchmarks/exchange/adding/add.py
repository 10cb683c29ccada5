"""A finished model from outside joins a run: read as stated, doubted on validation, then scored."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.mistakes import apply_mistake
from benchmarks.data.prepared import prepare_data
from benchmarks.data.sealed import sealed_rooms
from benchmarks.errors import InputError
from benchmarks.exchange.adding.alternatives import options, other_readings, stratified_sample
from benchmarks.exchange.adding.incoming import AddRequest, IncomingModel, Probabilities
from benchmarks.exchange.adding.openers import opener_of
from benchmarks.exchange.adding.outputs import Answers, read_outputs
from benchmarks.exchange.adding.plausibility import doubts
from benchmarks.exchange.adding.predictions_file import read_predictions
from benchmarks.exchange.adding.row import open_test_set, write_row
from benchmarks.exchange.adding.statement import complete_statement
from benchmarks.exchange.exporting.formats import require_packages
from benchmarks.machine.environment import device_name
from benchmarks.processes.starting import Afresh
from benchmarks.processes.worker import call
from benchmarks.protocol.canonical import digest
from benchmarks.protocol.names import folded
from benchmarks.store.digests import refuse_changes, stored_digests, write_digests
from benchmarks.store.files import values_of
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import refuse_kept
from benchmarks.store.keys import measure_key
from benchmarks.store.ledger import Ledger
from benchmarks.store.reading import (
    read_manifest,
    read_run,
    refuse_mistaken,
    require_run,
    stored_fit,
)
from benchmarks.store.records import EXTERNAL, CostRecord, Fallback, InputSpec, RunResults
from benchmarks.store.splits import read_splits
from datasets.cache.packs import Packs, stored_packs
from datasets.files import require_given, sha256_of

OUTSIDE = "benchmarks.exchange.adding.inference"
MOST_BYTES = 1 << 33
"""Bytes of a model or table from outside."""


@dataclass(frozen=True, kw_only=True)
class Added:
    """What became of it: ``already`` tells that the very same row was there before."""

    name: str
    warnings: tuple[str, ...] = ()
    already: bool = False


def add(request: AddRequest, finish: Callable[[], object] = lambda: None) -> Added:
    """Score a finished model, or somebody's predictions, as a row of a run that exists.

    ``finish`` is called in the end, while no other command may work in the folder: the page and
    `close` come there. Raises ``InputError`` for a request that is wrong, ``DataError`` for a file
    that is not there or no ordinary one, and ``InputError`` unless ``as_stated``, for a reading
    that another one beats by far on validation; the test set is then still shut.
    """
    _refuse_wrong(request)
    folder = RunFolder(request.run)
    require_run(folder.path)
    refuse_kept(request.run, "no labels; add the row to the run that was kept, and keep it again")
    with folder.locked():
        refuse_mistaken(folder.path)
        refuse_changes(folder.path)
        run = read_run(folder.path)
        sha256 = sha256_of(request.file)
        _refuse_taken(run, request.name)
        incoming = _incoming(request, run, folder, sha256)
        if _is_there(incoming):
            done = Added(name=request.name, already=True)
        else:
            done = _from_model(incoming) if request.model else _from_table(incoming)
        finish()
    return done


def close(run: Path) -> None:
    """Digest the files of a finished run once more, where a new row has made that necessary."""
    if read_manifest(run).finished and stored_digests(run) is None:
        write_digests(run)


def _refuse_wrong(request: AddRequest) -> None:
    if (request.model is None) == (request.predictions is None):
        raise InputError("give either --model FILE or --predictions FILE")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,99}", request.name):
        raise InputError(
            f"--name {request.name!r}: write letters, digits and . _ : @ + - only, "
            "beginning with a letter or digit"
        )
    require_given(request.file, MOST_BYTES)
    if request.model is None:
        for option in ("classes", "scale", "input_size", "colour", "architecture"):
            if getattr(request, option):
                said = option.replace("_", "-")
                raise InputError(f"--{said} is for a model; a table names its classes itself")
    else:
        require_packages(str(request.model), opener_of(request.model).packages)


def _refuse_taken(run: RunResults, name: str) -> None:
    for variant in run.rows:
        same = variant.name == name and variant.record.engine == EXTERNAL
        if folded(variant.name) == folded(name) and not same:
            raise InputError(
                f"--name {name}: the run has a variant {variant.name!r}; choose another"
            )


def _incoming(
    request: AddRequest, run: RunResults, folder: RunFolder, sha256: str
) -> IncomingModel:
    stated = complete_statement(request, run) if request.model else None
    identity: dict[str, Any] = {"file": sha256, "reading": request.logits}
    if stated:
        identity["reading"] = values_of(stated.reading)
        if stated.architecture:
            identity["architecture"] = values_of(stated.architecture)
    return IncomingModel(
        request=request,
        run=run,
        folder=folder,
        splits=read_splits(folder),
        sha256=sha256,
        key=digest(identity),
        reading=stated.reading if stated else None,
        source=stated.source if stated else None,
        architecture=stated.architecture if stated else None,
        versions=stated.versions if stated else {},
    )


def _is_there(incoming: IncomingModel) -> bool:
    """Tell whether the same file, read the same way, is the row already; refuse another one."""
    name = incoming.request.name
    stored = stored_fit(incoming.folder.fit(name, 0))
    if stored is None:
        return False
    if stored.key != incoming.key:
        theirs = stored.external.file if stored.external else "elsewhere"
        raise InputError(
            f"--name {name}: the run has this row from {theirs}, another file "
            "or read in another way; choose another name"
        )
    return any(variant.name == name and variant.fits for variant in incoming.run.variants)


def _from_model(incoming: IncomingModel) -> Added:
    assert incoming.reading is not None
    packs = _packs(incoming)
    others = other_readings(incoming.reading, incoming.run.manifest.data.image_shape)
    readings = [incoming.reading, *others]
    shut = [packs.sealed, *_sealed(incoming)]
    answers = _ask(incoming, packs.training, "validation", readings, forbidden=shut)
    validation = incoming.in_order(answers[0])
    warnings = _doubted(incoming, validation, _in_order(incoming, others, answers[1:]))
    open_test_set(incoming)
    test = incoming.in_order(_ask(incoming, packs.sealed, "test", readings[:1])[0])
    cost = _cost(incoming)
    both = np.concatenate([validation.probabilities, test.probabilities])
    write_row(incoming, both, warnings, cost)
    return Added(name=incoming.request.name, warnings=warnings)


def _sealed(incoming: IncomingModel) -> list[Path]:
    """Name what else shows test images while readings are tried: the cache, and the run's lists."""
    folder = incoming.folder
    return [*sealed_rooms(), folder.splits, folder.audit, folder.votes]


def _in_order(
    incoming: IncomingModel, readings: Sequence[InputSpec], answers: Sequence[NDArray[Any]]
) -> dict[str, Probabilities]:
    """Return the probabilities under each reading by its options, of those that give any."""
    found = {}
    for reading, given in zip(readings, answers, strict=True):
        with suppress(InputError):
            found[options(reading)] = incoming.in_order(given).probabilities
    return found


def _from_table(incoming: IncomingModel) -> Added:
    request, run = incoming.request, incoming.run
    given = read_predictions(request.file, incoming.splits, incoming.requested, run.class_names)
    images = [f"row {row}" for row in incoming.requested.rows]
    place = request.file.name
    try:
        answers = read_outputs(given.numbers, logits=request.logits, place=place, images=images)
    except InputError as error:
        others = ", ".join(given.unread)
        raise InputError(f"{error}; not of the run: {others}" if others else str(error)) from error
    answers = answers.only(range(len(run.class_names)), given.dropped)
    first = answers.probabilities[: len(incoming.splits.of("validation"))]
    warnings = _doubted(incoming, replace(answers, probabilities=first), {})
    open_test_set(incoming)
    write_row(incoming, answers.probabilities, warnings, None)
    return Added(name=request.name, warnings=warnings)


def _packs(incoming: IncomingModel) -> Packs:
    """Return the packs of the run's split: those in the cache, or made again from the data."""
    manifest, request = incoming.run.manifest, incoming.request
    if packs := stored_packs(manifest.split.training_digest, manifest.split.digest):
        return packs
    protocol = manifest.protocol
    prepared = prepare_data(
        protocol.data, request.data, seed=protocol.seed, plugins=request.plugins
    )
    prepared = apply_mistake(prepared, protocol)
    if prepared.split.digest != manifest.split.digest:
        raise InputError(
            f"{request.run}: the run is on other data (split {manifest.split.digest[:12]}, here "
            f"{prepared.split.digest[:12]}); give the run's own with --data"
        )
    return prepared.packs


def _ask(
    incoming: IncomingModel,
    pack: Path,
    split: str,
    readings: Sequence[InputSpec],
    forbidden: Sequence[Path] = (),
) -> list[NDArray[Any]]:
    """Return the model's outputs for a split under each reading, in a process of its own."""
    answers: list[NDArray[Any]] = call(
        f"{OUTSIDE}:answer",
        {
            "source": incoming.source,
            "images": pack / f"{split}-images.npy",
            "readings": readings,
            "sample": _sample(incoming),
        },
        starter=Afresh(incoming.run.manifest.threads or 1),
        forbidden=forbidden,
    )
    return answers


def _sample(incoming: IncomingModel) -> NDArray[np.int64]:
    return stratified_sample(incoming.splits.of("validation").labels)


def _doubted(
    incoming: IncomingModel, validation: Answers, others: dict[str, Probabilities]
) -> tuple[str, ...]:
    """Return what was made of the answers and speaks against the reading.

    Refuse one that another beats by far.
    """
    class_names, reading = incoming.run.class_names, incoming.reading
    requested = incoming.splits.of("validation")
    found = list(
        doubts(
            str(incoming.request.file),
            requested.labels,
            validation.probabilities,
            class_names,
            reading.classes if reading else class_names,
            others,
            requested.image_ids,
            _sample(incoming),
        )
    )
    better = next((doubt for doubt in found if doubt.severity == "problem"), None)
    if better and not incoming.request.as_stated:
        raise InputError(f"{better} (the test set was not opened)")
    notes = [validation.note] if validation.note else []
    return (*notes, *(doubt.what for doubt in found))


def _cost(incoming: IncomingModel) -> CostRecord | None:
    """Measure the model; where that fails the row stands without, and the page says so."""
    threads, device = incoming.run.manifest.threads or 1, device_name()
    try:
        cost: CostRecord = call(
            f"{OUTSIDE}:measure",
            {
                "source": incoming.source,
                "reading": incoming.reading,
                "image_shape": incoming.run.manifest.data.image_shape,
            },
            starter=Afresh(threads),
        )
    except InputError as error:
        reason = f"its cost could not be measured: {error}"
        fallback = Fallback(variant=incoming.request.name, key=incoming.key, reason=reason)
        Ledger(incoming.folder.ledger).record(fallback)
        return None
    key = measure_key(incoming.key, device)
    return replace(cost, key=key, threads=threads, device=device)
