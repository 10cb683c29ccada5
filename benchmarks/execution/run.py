"""A run: a protocol carried out into one results folder, or gone on with."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data.mistakes import apply_mistake, check_experiment
from benchmarks.data.prepared import PreparedData, prepare_data
from benchmarks.engines.registry import engine_versions
from benchmarks.errors import InputError
from benchmarks.execution.coordinator import Coordinator
from benchmarks.execution.executors.local import ProcessExecutor
from benchmarks.execution.keys import code_digest
from benchmarks.execution.plan import PackedData, Plan
from benchmarks.execution.progress import Display
from benchmarks.machine.environment import (
    code_state,
    describe_environment,
    device_name,
    gpu,
    installed,
    usable_cores,
)
from benchmarks.processes import worker_environment
from benchmarks.protocol.canonical import first_difference
from benchmarks.protocol.reading import stored_protocol
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant, resolve_variants, searched
from benchmarks.store.digests import refuse_changes
from benchmarks.store.files import now, read_json, write_json, write_table
from benchmarks.store.folder import RunFolder
from benchmarks.store.records import EXTERNAL
from datasets.audit import audit, to_json
from datasets.cache import cache_folder
from datasets.examination import AUDITS
from models.registry import discover


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What the user asked for: a protocol, its data, a place and how many workers.

    ``workers`` ``None``: as many as the cores allow with the protocol's threads, one on a GPU.
    ``shared`` is the folder of backbones pre-trained on the source, by default the user's cache,
    where other runs find them.
    """

    protocol: Protocol
    data: Path | None
    out: Path
    workers: int | None = None
    plugins: tuple[Path, ...] = ()
    shared: Path | None = None


def run(request: RunRequest, display: Display) -> dict[str, dict[str, str]]:
    """Carry out ``request`` and write its results folder; return each variant's status.

    Raises ``InputError`` or ``DataError`` before anything is trained if the request is wrong.
    """
    folder = RunFolder(request.out)
    with folder.locked():
        _refuse_other_protocol(folder, request.protocol)
        refuse_changes(folder.path)
        ground, source = _prepare(request, display)
        registry = discover(request.plugins)
        shape = ground.data.image_shape
        variants = resolve_variants(request.protocol, registry, shape)
        manifest = _manifest(request, ground, source, variants)
        _refuse_other_data(folder, manifest)
        _keep_added(folder, manifest)
        folder.digests.unlink(missing_ok=True)
        write_json(folder.manifest, manifest)
        with display.auditing(ground.data.name) as progress:
            write_json(folder.audit, to_json(audit(ground.data, ground.split, progress=progress)))
        write_table(folder.splits, ground.table())
        return _carry_out(request, folder, ground, source, variants, manifest, display)


def _carry_out(
    request: RunRequest,
    folder: RunFolder,
    ground: PreparedData,
    source: PreparedData | None,
    variants: list[Variant],
    manifest: dict[str, Any],
    display: Display,
) -> dict[str, dict[str, str]]:
    started = time.monotonic()
    plan = Plan(
        protocol=request.protocol,
        target=packed_data(ground),
        tuning=packed_data(ground.tuning) if ground.tuning else None,
        source=packed_data(source) if source else None,
        folder=folder,
        shared=request.shared or cache_folder(),
        keras_backend=_keras_backend(),
        device=device_name(),
        plugins=tuple(str(path.resolve()) for path in request.plugins),
    )
    executor = ProcessExecutor(
        workers(request),
        threads=request.protocol.threads,
        forbidden=_forbidden(folder, ground, source),
        log=folder.log,
    )
    try:
        with display.showing(variants, request.protocol, workers(request)):
            statuses = Coordinator(variants, plan, folder, executor, display).run()
    finally:
        executor.close()
    seconds = manifest["wall_seconds"] + time.monotonic() - started
    write_json(folder.manifest, {**manifest, "finished": now(), "wall_seconds": seconds})
    return statuses


def workers(request: RunRequest) -> int:
    """Return how many cells run side by side; it changes the time, never the numbers."""
    if request.workers is not None:
        return request.workers
    return 1 if gpu() else max(1, usable_cores() // request.protocol.threads)


def prepare_target(
    protocol: Protocol, data: Path | None, plugins: tuple[Path, ...], display: Display
) -> PreparedData:
    """Prepare the data set that ``protocol`` ranks on, with the mistake that it asks for."""
    check_experiment(protocol)
    with display.preparing(protocol.data.set) as progress:
        ground = prepare_data(
            protocol.data, data, seed=protocol.seed, plugins=plugins, progress=progress
        )
        return apply_mistake(ground, protocol)


def _prepare(request: RunRequest, display: Display) -> tuple[PreparedData, PreparedData | None]:
    protocol = request.protocol
    ground = prepare_target(protocol, request.data, request.plugins, display)
    if protocol.source is None:
        return ground, None
    with display.preparing(f"{protocol.source.set} (source)") as progress:
        source = prepare_data(
            protocol.source,
            None,
            seed=protocol.seed,
            plugins=request.plugins,
            progress=progress,
        )
    if source.data.image_shape[2] != ground.data.image_shape[2]:
        raise InputError("source: its images are not of the same kind (grey or colour) as data's")
    return ground, source


def packed_data(ground: PreparedData) -> PackedData:
    """Return a data set as cells see it."""
    return PackedData(
        training=ground.packs.training,
        sealed=ground.packs.sealed,
        training_digest=ground.split.training_digest,
        split_digest=ground.split.digest,
        image_shape=ground.data.image_shape,
        class_names=ground.data.class_names,
    )


def _forbidden(folder: RunFolder, ground: PreparedData, source: PreparedData | None) -> list[Path]:
    """Name all places from which a process that trains could see a test image or label.

    The user's own files are among them, unless what a worker needs lies in the same folder.
    """
    grounds = [ground, *([source] if source else [])]
    sealed = [g.packs.sealed.parent for g in grounds]
    needed = [folder.path, cache_folder(), Path(__file__), Path(sys.prefix)]
    originals = [
        g.path
        for g in grounds
        if g.path and not any(n.resolve().is_relative_to(g.path.resolve()) for n in needed)
    ]
    cached = [cache_folder() / "data", cache_folder() / AUDITS]
    return [folder.splits, folder.audit, *cached, *sealed, *originals]


def _refuse_other_protocol(folder: RunFolder, protocol: Protocol) -> None:
    stored = read_json(folder.manifest)
    if stored is None:
        return
    if stored.get("origins"):
        raise InputError(
            f"{folder.path} joins several runs, which go on each in its own folder; "
            "give --out another folder"
        )
    theirs = stored_protocol(stored, folder.manifest).decisive()
    if difference := first_difference(protocol.decisive(), theirs):
        raise InputError(
            f"{folder.path} holds another protocol's run: {difference}; give --out another folder"
        )


def _refuse_other_data(folder: RunFolder, manifest: dict[str, Any]) -> None:
    stored = read_json(folder.manifest)
    if stored is None:
        return
    if stored["split"]["digest"] != manifest["split"]["digest"]:
        raise InputError(
            f"{folder.path} holds a run on other data (split {stored['split']['digest'][:12]}, "
            f"here {manifest['split']['digest'][:12]}); give --out another folder"
        )
    manifest["started"] = stored["started"]
    manifest["wall_seconds"] = stored["wall_seconds"]


def _keep_added(folder: RunFolder, manifest: dict[str, Any]) -> None:
    """Keep the rows that ``ferbench add`` has brought into the folder."""
    stored = read_json(folder.manifest) or {"variants": []}
    manifest["variants"] += [each for each in stored["variants"] if each.get("engine") == EXTERNAL]


def _manifest(
    request: RunRequest, ground: PreparedData, source: PreparedData | None, variants: list[Variant]
) -> dict[str, Any]:
    protocol = request.protocol
    return {
        "ferbench": installed("ferbench"),
        "name": protocol.name,
        "title": protocol.title,
        "description": protocol.description,
        "protocol": protocol.model_dump(mode="json"),
        "protocol_digest": protocol.digest,
        "split": {
            "digest": ground.split.digest,
            "training_digest": ground.split.training_digest,
            "made": ground.split.made,
            "counts": ground.counts(),
        },
        "data": _data_entry(ground),
        "source_data": _data_entry(source) if source else None,
        "environment": describe_environment(),
        "git": code_state(),
        "device": device_name(),
        "threads": protocol.threads,
        "precision": protocol.precision,
        "seeds": list(protocol.fit.seeds),
        "keras_backend": _keras_backend(),
        "worker": worker_environment(protocol.threads),
        "plugins": [
            {"file": plugin.name, "digest": hashlib.sha256(plugin.read_bytes()).hexdigest()}
            for plugin in request.plugins
        ],
        "started": now(),
        "finished": None,
        "wall_seconds": 0.0,
        "variants": [_variant_entry(variant) for variant in variants],
    }


def _keras_backend() -> str:
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def _data_entry(ground: PreparedData) -> dict[str, Any]:
    data = ground.data
    return {
        "name": data.name,
        "digest": data.digest,
        "class_names": list(data.class_names),
        "image_shape": list(data.image_shape),
        "provenance": {
            "status": data.provenance.status,
            "notes": list(data.provenance.notes),
        },
        "file": ground.path.name if ground.path else None,
    }


def _variant_entry(variant: Variant) -> dict[str, Any]:
    architecture = variant.architecture
    return {
        "name": variant.name,
        **variant.identity(),
        "engine": variant.engine,
        "summary": architecture.summary,
        "source": architecture.source,
        "code": code_digest(architecture),
        "versions": engine_versions(architecture.engine, _keras_backend()),
        "space": searched(variant.space),
        "defaults": variant.defaults,
    }
