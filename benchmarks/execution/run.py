"""A run: a protocol carried out into one results folder, or gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.data.mistakes import apply_mistake, check_experiment
from benchmarks.data.prepared import PreparedData, prepare_data, votes_on
from benchmarks.data.sealed import sealed_places
from benchmarks.engines.libraries import recorded_libraries
from benchmarks.engines.registry import chosen_backend, engine_spec
from benchmarks.errors import InputError
from benchmarks.execution.coordinator import Coordinator
from benchmarks.execution.executors.contract import ExecutorSettings
from benchmarks.execution.executors.registry import make_executor
from benchmarks.execution.keys import code_digest
from benchmarks.execution.plan import PackedData, Plan
from benchmarks.execution.progress import Display
from benchmarks.execution.time_left import SplitSizes
from benchmarks.machine.environment import (
    code_state,
    describe_environment,
    device_name,
    gpu,
    has_bfloat16,
    usable_cores,
)
from benchmarks.machine.versions import installed
from benchmarks.processes.starting import worker_environment
from benchmarks.protocol.canonical import first_difference
from benchmarks.protocol.ensembles import check_ensembles
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant, resolve_variants
from benchmarks.store.digests import refuse_changes, reopen
from benchmarks.store.files import now, values_of
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import refuse_kept
from benchmarks.store.openings import restore_openings
from benchmarks.store.reading import stored_manifest
from benchmarks.store.records import (
    EXTERNAL,
    DataRecord,
    Manifest,
    PluginRecord,
    SplitRecord,
    VariantOutcome,
    VariantRecord,
)
from benchmarks.store.splits import split_table, write_splits
from benchmarks.store.votes import write_votes
from benchmarks.store.writing import write_audit, write_manifest
from datasets.audit.audit import audit
from datasets.audit.inspection import remarks
from datasets.cache.decoded import cache_folder
from datasets.files import sha256_of
from datasets.records import DataError
from models.registry import discover

ANY_SHAPE = (1 << 16, 1 << 16, 3)
"""A shape of images in which every network fits, for rows to be checked before data are read."""


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What the user asked for: a protocol, its data, a place and how many workers.

    ``workers`` ``None``: as many as the cores allow with the protocol's threads, one on a GPU.
    ``executor`` is the one that runs its jobs, by its name in `executors.registry`.
    ``shared`` is the folder of backbones pre-trained on the source, by default the user's cache,
    where other runs find them.
    """

    protocol: Protocol
    data: Path | None
    out: Path
    workers: int | None = None
    plugins: tuple[Path, ...] = ()
    shared: Path | None = None
    executor: str = "local"


def run(
    request: RunRequest, display: Display, finish: Callable[[], object] = lambda: None
) -> Mapping[str, VariantOutcome]:
    """Carry out ``request`` and write its results folder; return each variant's status.

    ``finish`` is called in the end, while no other command may work in the folder. Raises
    ``InputError`` or ``DataError`` before anything is trained if the request is wrong.
    """
    folder = RunFolder(request.out)
    refuse_kept(request.out, "no models to go on with; give --out another folder")
    with _claimed(folder):
        stored = stored_manifest(folder.path)
        if stored is not None:
            _refuse_other_protocol(folder, stored, request.protocol)
        refuse_changes(folder.path)
        registry = discover(request.plugins)
        rows = resolve_variants(request.protocol, registry, ANY_SHAPE)
        added = [each.name for each in _added(stored)] if stored else []
        check_ensembles(request.protocol, [row.name for row in rows], added)
        prepared, source = _prepare(request, display)
        shape = prepared.data.image_shape
        variants = resolve_variants(request.protocol, registry, shape)
        manifest = _manifest(request, prepared, source, variants)
        if stored is not None:
            _refuse_other_data(folder, stored, manifest)
            manifest = _gone_on_with(stored, manifest)
        reopen(folder.path)
        for told in restore_openings(folder):
            display.note(told)
        write_manifest(folder, manifest)
        with display.auditing(prepared.data.name) as progress:
            write_audit(folder, audit(prepared.data, prepared.split, progress=progress))
        images = split_table(prepared.table())
        write_splits(folder, images)
        write_votes(folder, _votes(prepared, request.plugins), images)
        ended = _execute(request, folder, prepared, source, variants, manifest, display)
        if stored is None or ended.worked or not _told_before(stored, manifest):
            write_manifest(folder, replace(manifest, finished=now(), wall_seconds=ended.seconds))
        else:
            write_manifest(folder, stored)
        finish()
    return ended.statuses


@dataclass(frozen=True)
class _Ended:
    """How the rows of a run ended, in how many ``seconds``, and whether anything was done."""

    statuses: Mapping[str, VariantOutcome]
    seconds: float
    worked: bool


def _told_before(stored: Manifest, manifest: Manifest) -> bool:
    """Tell whether the ``stored`` manifest is of a run that ended, and ``manifest`` of the same."""
    ended = replace(manifest, finished=stored.finished)
    return stored.finished is not None and values_of(ended) == values_of(stored)


def _sizes(prepared: PreparedData, source: PreparedData | None) -> SplitSizes:
    split = prepared.split
    pretraining = len(source.split.train) if source else 0
    return SplitSizes(len(split.train), len(split.validation), len(split.test), pretraining)


@contextmanager
def _claimed(folder: RunFolder) -> Iterator[None]:
    """Hold ``folder``; of a run that is refused before it has begun nothing stays in it."""
    refuse_foreign(folder.path, (folder.manifest, folder.reproduction))
    before = set(folder.path.iterdir()) if folder.path.is_dir() else set()
    absent = [each for each in (folder.path, *folder.path.parents) if not each.exists()]
    with folder.locked():
        try:
            yield
        finally:
            made = set(folder.path.iterdir()) - before
            if not folder.manifest.exists() and made <= {folder.lock}:
                folder.lock.unlink(missing_ok=True)
                with suppress(OSError):  # another run may have begun in one of them
                    for each in absent:
                        each.rmdir()


def refuse_foreign(place: Path, ours: Iterable[Path]) -> None:
    """Raise ``InputError`` where the folder ``place`` has files and none of ``ours``."""
    if place.exists() and not place.is_dir():
        raise InputError(f"{place}: it is a file; give --out a folder")
    seen = place.is_dir() and any(not path.name.startswith(".") for path in place.iterdir())
    if seen and not any(path.exists() for path in ours):
        raise InputError(
            f"{place}: it is not empty and holds no run; give --out a new folder or an empty one"
        )


def _execute(
    request: RunRequest,
    folder: RunFolder,
    prepared: PreparedData,
    source: PreparedData | None,
    variants: list[Variant],
    manifest: Manifest,
    display: Display,
) -> _Ended:
    started = time.monotonic()
    plan = Plan(
        protocol=request.protocol,
        target=packed_data(prepared),
        tuning=packed_data(prepared.tuning) if prepared.tuning else None,
        source=packed_data(source) if source else None,
        folder=folder,
        shared=request.shared or cache_folder(),
        keras_backend=chosen_backend(),
        device=device_name(),
        plugins=tuple(path.resolve() for path in request.plugins),
    )
    executor = make_executor(
        ExecutorSettings(
            capacity=workers(request),
            threads=request.protocol.threads,
            forbidden=_forbidden(request, folder, prepared, source),
            log=folder.log,
        ),
        request.executor,
    )
    try:
        sizes = _sizes(prepared, source)
        with display.showing(variants, request.protocol, workers(request), sizes):
            coordinator = Coordinator(variants, plan, folder, executor, display)
            statuses = coordinator.run()
    finally:
        executor.close()
    seconds = (manifest.wall_seconds or 0.0) + time.monotonic() - started
    return _Ended(statuses, seconds, coordinator.worked)


def workers(request: RunRequest) -> int:
    """Return how many jobs run side by side; it changes the time, never the numbers."""
    if request.workers is not None:
        return request.workers
    return 1 if gpu() else max(1, usable_cores() // request.protocol.threads)


def prepare_target(
    protocol: Protocol, data: Path | None, plugins: tuple[Path, ...], display: Display
) -> PreparedData:
    """Prepare the data set that ``protocol`` ranks on, with the mistake that it asks for."""
    check_experiment(protocol)
    with display.preparing(protocol.data.set) as progress:
        prepared = prepare_data(
            protocol.data, data, seed=protocol.seed, plugins=plugins, progress=progress
        )
        return apply_mistake(prepared, protocol)


def _tell(prepared: PreparedData, display: Display) -> None:
    """Say what to know of the data before anything trains."""
    for line in remarks(prepared.data, prepared.split, prepared.counts()):
        display.note(f"{prepared.data.name}: {line}")


def _prepare(request: RunRequest, display: Display) -> tuple[PreparedData, PreparedData | None]:
    protocol = request.protocol
    prepared = prepare_target(protocol, request.data, request.plugins, display)
    _tell(prepared, display)
    if protocol.precision == "bfloat16" and not has_bfloat16():
        display.note(
            "this processor is not known to compute in bfloat16; where it does not, each step "
            'takes many times as long as with precision = "float32"'
        )
    if protocol.source is None:
        return prepared, None
    with display.preparing(f"{protocol.source.set} (source)") as progress:
        source = prepare_data(
            protocol.source,
            None,
            seed=protocol.seed,
            plugins=request.plugins,
            progress=progress,
        )
    _tell(source, display)
    if source.data.image_shape[2] != prepared.data.image_shape[2]:
        raise InputError("source: its images are not of the same kind (grey or colour) as data's")
    return prepared, source


def _votes(prepared: PreparedData, plugins: tuple[Path, ...]) -> Mapping[str, tuple[int, ...]]:
    """Return the votes on the images; none where they are no use, as the data's notes tell."""
    try:
        return votes_on(prepared, plugins)
    except DataError:
        return {}


def packed_data(prepared: PreparedData) -> PackedData:
    """Return a data set as jobs see it."""
    return PackedData(
        training=prepared.packs.training,
        sealed=prepared.packs.sealed,
        training_digest=prepared.split.training_digest,
        split_digest=prepared.split.digest,
        image_shape=prepared.data.image_shape,
        class_names=prepared.data.class_names,
        targets=prepared.packs.targets,
        targets_digest=prepared.targets_digest,
    )


def _forbidden(
    request: RunRequest, folder: RunFolder, prepared: PreparedData, source: PreparedData | None
) -> list[Path]:
    """Name all places from which a process that trains could see a test image or label."""
    sets = [prepared, *([source] if source else [])]
    votes = [folder.votes] if folder.votes.is_file() else []
    places = sealed_places(sets, needed=[folder.path, *request.plugins])
    return [folder.splits, folder.audit, *votes, *places]


def _refuse_other_protocol(folder: RunFolder, stored: Manifest, protocol: Protocol) -> None:
    if stored.origins:
        raise InputError(
            f"{folder.path} joins several runs, which go on each in its own folder; "
            "give --out another folder"
        )
    if difference := first_difference(protocol.decisive(), stored.protocol.decisive()):
        raise InputError(
            f"{folder.path} holds another protocol's run: {difference}; give --out another folder"
        )


def _refuse_other_data(folder: RunFolder, stored: Manifest, manifest: Manifest) -> None:
    theirs, ours = stored.split.digest, manifest.split.digest
    if theirs != ours:
        raise InputError(
            f"{folder.path} holds a run on other data (split {theirs[:12]}, "
            f"here {ours[:12]}); give --out another folder"
        )
    if stored.targets_digest != manifest.targets_digest:
        raise InputError(
            f"{folder.path} holds a run on other votes as targets; give --out another folder"
        )


def _gone_on_with(stored: Manifest, manifest: Manifest) -> Manifest:
    """Return ``manifest`` as that of a run begun before, with the rows that were added to it."""
    return replace(
        manifest,
        started=stored.started,
        wall_seconds=stored.wall_seconds,
        variants=manifest.variants + _added(stored),
    )


def _added(stored: Manifest) -> tuple[VariantRecord, ...]:
    """Return the rows from outside of a run."""
    return tuple(each for each in stored.variants if each.engine == EXTERNAL)


def _manifest(
    request: RunRequest,
    prepared: PreparedData,
    source: PreparedData | None,
    variants: list[Variant],
) -> Manifest:
    protocol = request.protocol
    return Manifest(
        ferbench=installed("ferbench"),
        name=protocol.name,
        title=protocol.title,
        description=protocol.description,
        protocol=protocol.spelt_out(),
        protocol_digest=protocol.digest,
        split=SplitRecord(
            digest=prepared.split.digest,
            training_digest=prepared.split.training_digest,
            made=prepared.split.made,
            counts=prepared.counts(),
        ),
        targets_digest=prepared.targets_digest,
        data=_data_record(prepared),
        source_data=_data_record(source) if source else None,
        environment=describe_environment(recorded_libraries()),
        git=code_state(),
        device=device_name(),
        threads=protocol.threads,
        precision=protocol.precision,
        seeds=protocol.fit.seeds,
        keras_backend=chosen_backend(),
        worker=worker_environment(protocol.threads),
        plugins=tuple(
            PluginRecord(file=file.name, digest=sha256_of(file)) for file in request.plugins
        ),
        started=now(),
        wall_seconds=0.0,
        variants=tuple(_variant_record(variant, protocol.selection) for variant in variants),
    )


def _data_record(prepared: PreparedData) -> DataRecord:
    data = prepared.data
    return DataRecord(
        name=data.name,
        digest=data.digest,
        class_names=data.class_names,
        image_shape=data.image_shape,
        provenance=data.provenance,
        file=prepared.path.name if prepared.path else None,
    )


def _variant_record(variant: Variant, selection: str) -> VariantRecord:
    architecture = variant.architecture
    return VariantRecord(
        name=variant.name,
        architecture=architecture.name,
        initialisation=variant.initialisation,
        strategy=variant.strategy,
        augmentation=variant.augmentation,
        input_size=variant.input_size,
        engine=variant.engine,
        summary=architecture.summary,
        source=architecture.source,
        code=code_digest(architecture, selection),
        versions=engine_spec(architecture.engine).versions(chosen_backend()),
        space=variant.space,
        defaults=variant.defaults,
    )
